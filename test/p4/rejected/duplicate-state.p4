// one name, two states
parser p() {
    state start { transition next; }
    state next { transition accept; }
    state next { transition reject; } //~ error[duplicate-declaration]
}
