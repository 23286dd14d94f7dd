// tables are applied in the apply block
match_kind { exact }
control c(in bit<8> k) {
    table t {
        key = { k : exact; }
        actions = { }
    }
    action a() {
        t.apply(); //~ error[call-not-allowed]
    }
    apply { t.apply(); }
}
