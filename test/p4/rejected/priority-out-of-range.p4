// an entry without priority takes that of the one before, less priority_delta
match_kind { ternary }
control c(in bit<8> k) {
    action a() { }
    table t {
        key = { k : ternary; }
        actions = { a; }
        priority_delta = 10;
        entries = {
            priority = 12: 1 : a();
            2 : a();
            3 : a(); //~ error[priority-out-of-range]
        }
    }
    apply { t.apply(); }
}
