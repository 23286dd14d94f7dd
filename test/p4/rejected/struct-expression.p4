// fields by name: all of them, and no others
struct pair_t { bit<8> first; bit<8> second; }
control c(out pair_t p) {
    apply {
        p = { first = 1 };                     //~ error[missing-field]
        p = { first = 1, secnd = 2 };          //~ error[unknown-field]
        p = { first = 1, ... };
        p = { first = 1, first = 2, second = 3 }; //~ error[duplicate-declaration]
    }
}
