// a control sees only what stands above it
control c() {
    bit<8> x;
    apply {
        x = later; //~ error[unknown-name]
    }
}
const bit<8> later = 1;
