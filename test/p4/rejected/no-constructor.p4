// an extern without constructor
extern hidden { void poke(); }
control c() {
    hidden() h; //~ error[not-instantiable]
    apply { h.poke(); }
}
