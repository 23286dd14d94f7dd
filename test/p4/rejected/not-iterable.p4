// for runs over ranges, lists and stacks
control c(in bit<8> n) {
    apply {
        for (bit<8> i in n) { } //~ error[not-iterable]
    }
}
