// the last element of three is number 2
header vlan_h { bit<16> tag; }
struct headers_t { vlan_h[3] vlan; }
control c(inout headers_t hdr) {
    apply {
        hdr.vlan[3].tag = 0; //~ error[index-out-of-range]
    }
}
