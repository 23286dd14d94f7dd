// a table without default_action runs NoAction
action NoAction(bit<8> x) { } //~ error[bad-no-action]
control c() {
    table t { actions = { } }
    table u { actions = { } }
    apply { t.apply(); u.apply(); }
}
