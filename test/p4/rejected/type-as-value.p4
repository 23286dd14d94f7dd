// a type stands where a value is needed
struct meta_t { bit<8> ttl; }
control c(inout bit<8> x) {
    apply {
        x = meta_t.ttl; //~ error[type-as-value]
    }
}
