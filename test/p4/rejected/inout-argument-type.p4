// no conversion for what is written back
extern void bump(inout bit<8> value);
control c(inout bit<16> a) {
    apply {
        bump(a); //~ error[type-mismatch]
    }
}
