// the control plane needs a name for a sum
match_kind { exact }
control c(in bit<8> a) {
    table t {
        key = { a + 1 : exact; } //~ error[unnamed-key]
        actions = { }
    }
    table u {
        key = { a + 1 : exact @name("sum"); }
        actions = { }
    }
    apply { t.apply(); u.apply(); }
}
