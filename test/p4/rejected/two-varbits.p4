// a header that is extracted has at most one varbit field
extern packet_in {
    void extract<T>(out T header_);
    void extract<T>(out T header_, in bit<32> bits);
}
header options_h {
    varbit<32> first; //~ error[two-varbits]
    varbit<32> second;
}
header never_extracted_h {
    varbit<32> first;
    varbit<32> second;
}
parser p(packet_in packet, out options_h h) {
    state start {
        packet.extract(h, 16);
        transition accept;
    }
}
