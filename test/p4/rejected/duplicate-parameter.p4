// two parameters of one name
action move(inout bit<8> x, bit<8> x) { //~ error[duplicate-declaration]
}
