// an extern object is passed without direction
extern packet_in { void advance(in bit<32> bits); }
parser p(inout packet_in pkt) { //~ error[bad-parameter-type]
    state start { transition accept; }
}
