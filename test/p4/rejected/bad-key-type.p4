// what cannot be matched
match_kind { exact, lpm }
header h { bit<8> a; }
control c(in h x, in bool b) {
    table t {
        key = {
            x : exact; //~ error[bad-key-type]
            b : lpm;   //~ error[bad-key-type]
        }
        actions = { }
    }
    apply { t.apply(); }
}
