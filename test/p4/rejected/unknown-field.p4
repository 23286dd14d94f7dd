// a misspelt field
header ipv4_h { bit<32> srcAddr; bit<32> dstAddr; }
control c(inout ipv4_h ip) {
    apply {
        ip.dstAdr = ip.srcAddr; //~ error[unknown-field]
    }
}
