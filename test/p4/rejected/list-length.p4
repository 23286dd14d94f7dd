// a list must fill the struct
struct pair_t { bit<8> a; bit<8> b; }
control c(out pair_t p) {
    apply {
        p = { 1 };       //~ error[element-count]
        p = { 1, 2, 3 }; //~ error[element-count]
        p = { 1, true }; //~ error[type-mismatch]
    }
}
