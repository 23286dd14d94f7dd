// a parameter without direction is known at compile time
extern void configure(bit<8> mode);
control c(in bit<8> a) {
    apply {
        configure(3);
        configure(a); //~ error[not-constant]
    }
}
