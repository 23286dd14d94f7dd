// validity belongs to headers
struct s { bit<8> a; }
control c(inout s x, out bool r) {
    apply {
        r = x.isValid(); //~ error[unknown-field]
        x.setValid();    //~ error[unknown-field]
    }
}
