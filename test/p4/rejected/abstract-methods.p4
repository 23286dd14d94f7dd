// all of them, as declared, and only them
extern filter {
    filter();
    abstract bit<8> pass(in bit<8> x);
}
filter() none;               //~ error[missing-method]
filter() wrong = {
    bit<16> pass(in bit<8> x) { return 1; } //~ error[method-mismatch]
};
filter() more = {
    bit<8> pass(in bit<8> x) { return x; }
    void fail() { }          //~ error[unknown-method]
};
filter() fine = {
    bit<8> pass(in bit<8> x) { return x + 1; }
};
