// int has no width for T
extern void use<T>(in T value);
control c() {
    apply {
        use(8w5);
        use(5); //~ error[width-unknown]
    }
}
