// a name is used before anything is declared under it
const bit<8> limit = 10;
const bit<8> twice = limt * 2; //~ error[unknown-name]
