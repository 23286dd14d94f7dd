// what the control plane gives comes last
control c() {
    action set(bit<8> value, inout bit<8> field) { //~ error[parameter-order]
        field = value;
    }
    apply { }
}
