// the condition of a loop is bool
control c() {
    apply {
        for (bit<8> i = 0; i; i = i + 1) { } //~ error[type-mismatch]
    }
}
