// a header union holds headers only
struct s { bit<8> a; }
header_union u {
    s part; //~ error[bad-field-type]
}
