// who may be instantiated where
extern counter { counter(bit<32> size); }
control inner() { apply { } }
parser scan() { state start { transition accept; } }
inner() top_level;          //~ error[instantiation-not-allowed]
control c() {
    scan() s;               //~ error[instantiation-not-allowed]
    inner() i;
    action a() {
        counter(4) late;    //~ error[instantiation-not-allowed]
    }
    apply { i.apply(); }
}
