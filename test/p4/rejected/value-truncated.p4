// a warning: the number loses bits
control c(out bit<4> x, out bit<8> y) {
    apply {
        x = 16;      //~ warning[value-truncated]
        y = x;       //~ error[type-mismatch]
        y = 8w3 + 300; //~ warning[value-truncated]
    }
}
