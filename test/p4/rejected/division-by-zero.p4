// the divisor is a constant zero
const bit<8> zero = 4 - 4;
control c(in bit<8> a, out bit<8> r) {
    apply {
        r = a / zero; //~ error[division-by-zero]
    }
}
