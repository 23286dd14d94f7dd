// how many elements move is known at compile time
header h { bit<8> a; }
control c(inout h[4] x, in bit<8> n) {
    apply {
        x.push_front(1);
        x.push_front(n); //~ error[not-constant]
    }
}
