// headers do not nest
header inner_h { bit<8> a; }
header outer_h {
    inner_h inner; //~ error[bad-field-type]
}
