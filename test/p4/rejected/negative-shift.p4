// a shift distance cannot be negative
control c(in bit<8> a, out bit<8> r) {
    apply {
        r = a << -1; //~ error[negative-shift]
    }
}
