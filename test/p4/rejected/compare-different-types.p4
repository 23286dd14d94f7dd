// a header is not a number
header h { bit<8> a; }
control c(in h x, in bit<8> y, out bool r) {
    apply {
        r = x == y; //~ error[operand-mismatch]
    }
}
