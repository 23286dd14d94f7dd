// strings exist only at compile time
struct meta_t {
    string name; //~ error[bad-field-type]
}
