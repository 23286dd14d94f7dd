// one path ends without a value
bit<8> clamp(in bit<8> x) { //~ error[missing-return]
    if (x > 10) {
        return 10;
    }
}
