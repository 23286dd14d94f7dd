// a case may hold a run-time value, but no run-time mask and no call
bit<8> one() { return 1; }
parser p(in bit<8> a, in bit<8> b) {
    state start {
        transition select(a) {
            b: accept;
            b &&& 3: accept; //~ error[not-constant]
            one(): accept;   //~ error[call-not-allowed]
            default: reject;
        }
    }
}
