// a header union becomes valid through its members
header h { bit<8> a; }
header_union u { h one; }
control c(inout u x) {
    apply {
        x.setValid(); //~ error[unknown-field]
    }
}
