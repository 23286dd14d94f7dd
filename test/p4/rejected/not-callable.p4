// a number cannot be called
control c(in bit<8> a) {
    apply {
        a(); //~ error[not-callable]
    }
}
