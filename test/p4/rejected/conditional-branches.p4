// both branches need one type
control c(in bool b, in bit<8> a, out bit<16> x) {
    apply {
        x = b ? a : 16w1; //~ error[type-mismatch]
    }
}
