// a default for what is written makes no sense
extern void f(out bit<8> x = 1); //~ error[default-for-out]
