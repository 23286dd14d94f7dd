// nothing says what T is
extern T make<T>();
control c(out bit<8> x) {
    apply {
        x = make<bit<8>>();
        x = make(); //~ error[cannot-infer]
    }
}
