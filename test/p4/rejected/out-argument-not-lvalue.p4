// an out argument must be a place
extern void read(out bit<8> value);
control c(in bit<8> a) {
    apply {
        read(a);     //~ error[not-an-lvalue]
        read(8w1);   //~ error[not-an-lvalue]
    }
}
