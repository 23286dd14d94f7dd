// a table without key has no entries
control c() {
    action a() { }
    table t {
        actions = { a; }
        const entries = { //~ error[entries-without-key]
            _ : a();
        }
    }
    apply { t.apply(); }
}
