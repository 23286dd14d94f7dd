// a type is not its representation, but takes integers without width, as p4c has it
type bit<9> port_t;
control c(inout port_t port, in bit<9> raw) {
    apply {
        port = raw; //~ error[type-mismatch]
        port = (port_t)raw;
        port = 5;
        port = port + 1; //~ error[bad-operand]
    }
}
