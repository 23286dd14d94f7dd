// a table without key has no entries
control c() {
    action a() { }
    table t { //~ error[entries-without-key]
        actions = { a; }
        const entries = {
            _ : a();
        }
    }
    apply { t.apply(); }
}
