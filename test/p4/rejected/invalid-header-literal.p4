// {#} is a header
control c(out bit<8> x) {
    apply {
        x = {#}; //~ error[type-mismatch]
    }
}
