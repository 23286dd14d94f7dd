// overloads must differ in number or names of parameters
extern void log(in bit<8> level);
extern void log(in bit<8> level, in bit<32> value);
extern void log(in bit<16> level); //~ error[duplicate-declaration]
