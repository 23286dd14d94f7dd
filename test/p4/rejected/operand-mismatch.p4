// both operands need one width
control c(in bit<8> a, in bit<16> b, out bit<16> r) {
    apply {
        r = a + b; //~ error[operand-mismatch]
    }
}
