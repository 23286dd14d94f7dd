// too few, too many
extern void set(in bit<8> a, in bit<8> b);
control c() {
    apply {
        set(1);       //~ error[argument-count]
        set(1, 2, 3); //~ error[argument-count]
    }
}
