// only stacks and tuples have indexes
control c(inout bit<8> a) {
    apply {
        a = a[1]; //~ error[not-indexable]
    }
}
