// only out arguments can be dropped
extern void swap(in bit<8> a, out bit<8> b);
control c() {
    apply {
        swap(1, _);
        swap(_, _); //~ error[dontcare-argument]
    }
}
