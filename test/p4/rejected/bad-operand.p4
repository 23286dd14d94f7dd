// operators and what they take
control c(in bool b, in bit<8> a, out bit<8> r, out bool q) {
    apply {
        r = ~b;     //~ error[bad-operand]
        q = !a;     //~ error[bad-operand]
        r = b + b;  //~ error[bad-operand]
        q = a && b; //~ error[bad-operand]
    }
}
