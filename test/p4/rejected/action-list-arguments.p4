// the list binds what has a direction, nothing else
control c(inout bit<8> x) {
    action set(inout bit<8> field, bit<8> value) { field = value; }
    action mark(bit<8> value) { }
    table t {
        actions = {
            set;      //~ error[argument-count]
            mark(1);  //~ error[control-plane-parameter]
        }
    }
    apply { t.apply(); }
}
