// a running program divides by powers of two only
control c(inout bit<8> a, in bit<8> b) {
    apply {
        a = a / 4;
        a = a % 8;
        a = 200 / 7;
        a = a / b; //~ error[not-constant]
        a %= b;    //~ error[not-constant]
        a = a / 3; //~ error[not-constant]
    }
}
control proto(inout bit<8> a, in bit<8> b);
package top(proto p);
top(c()) main;
