// externs are instantiated, not declared as variables
extern counter { counter(bit<32> size); void count(in bit<32> index); }
control c() {
    counter x; //~ error[bad-variable-type]
    apply { }
}
