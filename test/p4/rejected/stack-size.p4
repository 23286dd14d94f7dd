// a stack has at least one element
header h { bit<8> a; }
struct s {
    h[-1] stack; //~ error[bad-stack-size]
}
