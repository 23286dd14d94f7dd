// a match kind nobody declared
match_kind { exact }
control c(in bit<8> k) {
    table t {
        key = { k : exakt; } //~ error[unknown-match-kind]
        actions = { }
    }
    apply { t.apply(); }
}
