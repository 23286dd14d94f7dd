// parsers call no actions
action a() { }
parser p() {
    state start {
        a(); //~ error[call-not-allowed]
        transition accept;
    }
}
