// a function with a body needs all its arguments
bit<8> f(@optional in bit<8> x) { //~ error[optional-not-allowed]
    return x;
}
