// what a return may give
bit<8> f(in bit<16> x) {
    return x; //~ error[type-mismatch]
}
void g() {
    return 1; //~ error[unexpected-return-value]
}
bit<8> h() {
    return; //~ error[missing-return-value]
}
