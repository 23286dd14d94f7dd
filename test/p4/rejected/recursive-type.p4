// a struct cannot contain itself
struct list_t {
    bit<8> head;
    list_t tail; //~ error[recursive-type]
}
