// an int cannot be shifted by a run-time distance
control c(in bit<8> n, out bit<8> r) {
    apply {
        r = (bit<8>)(1 << n); //~ error[width-unknown]
    }
}
