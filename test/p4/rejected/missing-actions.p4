// a table lists its actions
control c() {
    table t { //~ error[missing-actions]
        size = 4;
    }
    apply { t.apply(); }
}
