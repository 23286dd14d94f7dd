// listed, complete, with the same arguments
control c(inout bit<8> x, inout bit<8> y) {
    action set(inout bit<8> field, bit<8> value) { field = value; }
    action other() { }
    table a {
        actions = { set(x); }
        default_action = other; //~ error[action-not-listed]
    }
    table b {
        actions = { set(x); }
        default_action = set(x); //~ error[argument-count]
    }
    table d {
        actions = { set(x); }
        default_action = set(y, 1); //~ error[argument-differs]
    }
    apply { a.apply(); b.apply(); d.apply(); }
}
