// main is an instance of a package
extern counter { counter(bit<32> size); }
counter(4) main; //~ error[bad-main]
