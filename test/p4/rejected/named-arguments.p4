// names must be right, single, and not mixed
extern void set(in bit<8> low, in bit<8> high);
control c() {
    apply {
        set(low = 1, hihg = 2);          //~ error[unknown-parameter]
        set(low = 1, low = 2);           //~ error[duplicate-declaration]
        set(1, high = 2);                //~ error[mixed-arguments]
        set(high = 2, low = 1);
    }
}
