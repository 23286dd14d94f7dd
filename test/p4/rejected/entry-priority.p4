// priorities where several entries can match
match_kind { exact, ternary }
control c(in bit<8> k) {
    action a() { }
    table t {
        key = { k : exact; }
        actions = { a; }
        entries = {
            priority = 1 : 1 : a(); //~ error[unexpected-priority]
        }
    }
    table u {
        key = { k : ternary; }
        actions = { a; }
        entries = {
            1 : a();                //~ error[missing-priority]
            priority = 3 : 2 : a();
        }
    }
    apply { t.apply(); u.apply(); }
}
