// entries fit the key and name listed actions
match_kind { exact, lpm }
control c(in bit<8> k, in bit<32> a) {
    action set(bit<8> v) { }
    action other() { }
    table t {
        key = { k : exact; a : lpm; }
        actions = { set; }
        const entries = {
            (1, 0x0a000000 &&& 0xff000000) : set(1);
            (1, 0x0a000000 &&& 0xff00ff00) : set(1); //~ error[bad-keyset]
            (1 &&& 3, 0) : set(1);                   //~ error[bad-keyset]
            (_, 0) : set(1);                         //~ error[bad-keyset]
            (1) : set(1);                            //~ error[keyset-count]
            (2, 0) : set();                          //~ error[argument-count]
            (3, 0) : other();                        //~ error[action-not-listed]
        }
    }
    apply { t.apply(); }
}
