// a parser begins in start
parser p() { //~ error[missing-start]
    state first { transition accept; }
}
