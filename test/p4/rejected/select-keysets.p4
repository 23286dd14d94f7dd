// keysets fit the keys in number and type
parser p(in bit<8> a, in bit<16> b) {
    state start {
        transition select(a, b) {
            (1, 2): accept;
            (1, 2, 3): reject;       //~ error[keyset-count]
            (1, true): reject;       //~ error[type-mismatch]
            (0x10 &&& 0xf0, _): accept;
            default: accept;
        }
    }
}
