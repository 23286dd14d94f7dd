// only headers come out of a packet
extern packet_in { void extract<T>(out T hdr); }
struct s { bit<8> a; }
header options_h { varbit<32> data; }
parser p(packet_in pkt, out s x, out options_h o) {
    state start {
        pkt.extract(x); //~ error[bad-extract]
        pkt.extract(o); //~ error[bad-extract]
        transition accept;
    }
}
