// each property once
control c() {
    action a() { }
    table t {
        actions = { a; }
        size = 4;
        size = 8; //~ error[duplicate-property]
    }
    apply { t.apply(); }
}
