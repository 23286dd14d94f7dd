// constants stay
const bit<8> limit = 3;
control c() {
    apply {
        limit = 4; //~ error[not-an-lvalue]
    }
}
