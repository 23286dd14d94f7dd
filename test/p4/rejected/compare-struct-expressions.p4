// a struct expression has no type of its own
control c(out bool r) {
    apply {
        r = { a = 1 } == { a = 2 }; //~ error[not-comparable]
    }
}
