// labels are actions of that table
match_kind { exact }
control c(in bit<8> k, out bit<8> y) {
    action hit() { }
    action other() { }
    table t {
        key = { k : exact; }
        actions = { hit; }
    }
    apply {
        switch (t.apply().action_run) {
            hit: { y = 1; }
            other: { y = 2; } //~ error[unknown-action]
            3: { y = 3; }     //~ error[bad-label]
        }
    }
}
