// bit 8 of eight
control c(in bit<8> a, out bit<4> r) {
    apply {
        r = a[8:5]; //~ error[index-out-of-range]
        r = a[2:5]; //~ error[bad-slice]
    }
}
