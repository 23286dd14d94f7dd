// a misspelt action
control c() {
    action forward() { }
    table t {
        actions = { foward; } //~ error[unknown-action]
    }
    apply { t.apply(); }
}
