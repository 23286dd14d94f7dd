// a width must be a natural number that we support
header h {
    bit<-1> a;     //~ error[bad-width]
    int<0> b;      //~ error[bad-width]
    bit<0x1_0000_0000> c; //~ error[bad-width]
}
