// int has no width at run time
control c() {
    int x = 5; //~ error[bad-variable-type]
    apply { }
}
