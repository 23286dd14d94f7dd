// there is no conversion to bool
control c(in bit<1> flag, out bit<8> x) {
    apply {
        if (flag) { x = 1; }          //~ error[type-mismatch]
        x = flag ? 8w1 : 8w2;         //~ error[type-mismatch]
    }
}
