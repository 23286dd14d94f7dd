// next and last belong to parsers
header vlan_h { bit<16> tag; }
struct headers_t { vlan_h[3] vlan; }
control c(inout headers_t hdr) {
    apply {
        hdr.vlan.last.tag = 0; //~ error[parser-only]
    }
}
