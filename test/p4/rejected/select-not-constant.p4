// what a case matches is fixed
parser p(in bit<8> a, in bit<8> b) {
    state start {
        transition select(a) {
            b: accept; //~ error[not-constant]
            default: reject;
        }
    }
}
