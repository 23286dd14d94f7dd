// the arguments of an action list are evaluated while the table is applied: no other table can be then
match_kind { exact }
control c(in bit<8> k) {
    action a(in bool x) { }
    action b() { }
    table first { key = { k : exact; } actions = { b; } }
    table second { key = { k : exact; } actions = { a(first.apply().hit); } } //~ error[call-not-allowed]
    apply { second.apply(); }
}
