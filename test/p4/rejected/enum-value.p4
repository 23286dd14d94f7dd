// the value of a member has the type of the representation
enum bit<8> proto_t {
    tcp = 6,
    udp = true //~ error[type-mismatch]
}
