// a number becomes a serializable enum only by a cast
enum bit<8> proto_t { tcp = 6 }
control c(out proto_t p) {
    apply {
        p = 6; //~ error[type-mismatch]
    }
}
