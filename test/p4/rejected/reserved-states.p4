// accept and reject are built in
parser p() {
    state start { transition accept; }
    state reject { transition accept; } //~ error[reserved-state]
}
