// a sum is no place
control c(inout bit<8> a) {
    apply {
        a + 1 = 2; //~ error[syntax]
    }
}
