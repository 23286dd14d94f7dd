// this belongs to abstract methods
control c() {
    apply {
        this.run(); //~ error[this-outside-method]
    }
}
