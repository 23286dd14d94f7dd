// a constant needs a compile-time value
control c(in bit<8> a) {
    const bit<8> x = a; //~ error[not-constant]
    apply { }
}
