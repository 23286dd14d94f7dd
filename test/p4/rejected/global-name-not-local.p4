// a leading dot looks only at top level
control c(inout bit<8> x) {
    bit<8> y = 1;
    apply {
        x = .y; //~ error[unknown-name]
    }
}
