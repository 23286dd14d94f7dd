// what follows from a mistake is not reported again
header h { bit<8> a; }
control c(inout h x) {
    apply {
        bit<8> y = x.b + 1; //~ error[unknown-field]
        x.a = y << 1;
        if (x.c == y) { x.a = x.c; } //~ error[unknown-field] error[unknown-field]
    }
}
