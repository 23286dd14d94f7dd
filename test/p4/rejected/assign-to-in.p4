// an in parameter is read only
control c(in bit<8> a) {
    apply {
        a = 1; //~ error[not-an-lvalue]
    }
}
