// a misspelt method
extern counter { counter(bit<32> size); void count(in bit<32> index); }
control c() {
    counter(4) hits;
    apply {
        hits.cuont(1); //~ error[unknown-method]
    }
}
