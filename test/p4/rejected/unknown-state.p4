// a misspelt state
parser p() {
    state start { transition parse_ipv4; }
    state parse_ipv6 { transition accept; } //~ warning[unreachable-state]
    state parse_udp { transition parse_udpp; } //~ error[unknown-state] warning[unreachable-state]
    state parse_ipv4 { transition accept; }
}
