// what cannot mean itself
match_kind { exact }
extern E {
    void method(E e); //~ error[recursive-type]
}
struct box<T> { T content; }
struct pair { box<box<bit<8>>> inner; } //~ error[recursive-type]
control c(bit<8> t, inout bit<8> h) {
    table t { //~ warning[shadow]
        key = { t : exact; } //~ error[self-reference]
        actions = { }
    }
    apply {
        bit<8> h = h; //~ error[hidden-parameter] warning[shadow]
        t.apply();
    }
}
