// T cannot be two types
extern void both<T>(in T a, in T b);
control c(in bit<8> x, in bit<16> y) {
    apply {
        both(x, 1);
        both(x, y); //~ error[type-mismatch]
    }
}
