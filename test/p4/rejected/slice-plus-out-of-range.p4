// a slice of constant place must lie inside
control c(in bit<8> a, out bit<4> r) {
    apply {
        r = a[6+:4]; //~ error[index-out-of-range]
    }
}
