// ++ needs widths
control c(in bit<8> a, out bit<16> r) {
    apply {
        r = a ++ 1; //~ error[width-unknown]
    }
}
