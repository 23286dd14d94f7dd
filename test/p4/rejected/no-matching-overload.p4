// no declaration has three parameters
extern void set(in bit<8> a);
extern void set(in bit<8> a, in bit<8> b);
control c() {
    apply {
        set(1, 2, 3); //~ error[no-matching-overload]
    }
}
