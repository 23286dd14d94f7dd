// signed and unsigned do not mix
control c(in bit<8> a, in int<8> b, out bool r) {
    apply {
        r = a < b; //~ error[operand-mismatch]
    }
}
