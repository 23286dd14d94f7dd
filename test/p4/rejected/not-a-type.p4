// a constant stands where a type is needed
const bit<8> size = 4;
struct meta_t {
    size count; //~ error[not-a-type]
}
