// entries fit the key and name listed actions; none stands twice
match_kind { exact, lpm }
control c(in bit<8> k, in bit<32> a) {
    action set(bit<8> v) { }
    action other() { }
    table t {
        key = { k : exact; a : lpm; }
        actions = { set; }
        const entries = {
            (1, 0x0a000000 &&& 0xff000000) : set(1);
            (k, 0) : set(1);                         //~ error[not-constant]
            (1) : set(1);                            //~ error[keyset-count]
            (2, 0) : set();                          //~ error[argument-count]
            (3, 0) : other();                        //~ error[action-not-listed]
        }
    }
    table u {
        key = { k : exact; }
        actions = { set; }
        const entries = {
            1 : set(1);
            2 : set(2);
            1 : set(3); //~ error[duplicate-entry]
        }
    }
    apply { t.apply(); u.apply(); }
}
