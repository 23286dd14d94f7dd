// a read-only header cannot change its validity
header h { bit<8> a; }
control c(in h x) {
    apply {
        x.setInvalid(); //~ error[not-an-lvalue]
    }
}
