// nothing calls itself
bit<8> down(in bit<8> n) {
    return down(n - 1); //~ error[recursion]
}
action again() {
    again(); //~ error[recursion]
}
control c() {
    apply {
        c.apply(); //~ error[recursion]
    }
}
