// a type is not its representation
type bit<9> port_t;
control c(inout port_t port, in bit<9> raw) {
    apply {
        port = raw; //~ error[type-mismatch]
        port = (port_t)raw;
    }
}
