// a size is a natural number
control c(in bit<8> n) {
    action a() { }
    table t {
        actions = { a; }
        size = n; //~ error[bad-property]
    }
    table u {
        actions = { a; }
        size = true; //~ error[bad-property]
    }
    apply { t.apply(); u.apply(); }
}
