// break and continue belong to loops
control c() {
    apply {
        break;    //~ error[outside-loop]
        continue; //~ error[outside-loop]
        for (bit<8> i in 0 .. 3) { break; }
    }
}
