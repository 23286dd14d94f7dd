// select needs scalars
header h { bit<8> a; }
parser p(in h x) {
    state start {
        transition select(x) { //~ error[bad-select-key]
            default: accept;
        }
    }
}
