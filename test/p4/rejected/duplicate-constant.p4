// one name, two constants
const bit<8> port = 1;
const bit<8> port = 2; //~ error[duplicate-declaration]
