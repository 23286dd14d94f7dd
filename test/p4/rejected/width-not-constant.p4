// a width must be known at compile time
control c(in bit<8> n) {
    apply {
        bit<(n)> x; //~ error[not-constant]
    }
}
