// a switch needs a scalar
header h { bit<8> a; }
control c(in h x) {
    apply {
        switch (x) { //~ error[bad-switch]
            default: { }
        }
    }
}
