// labels: one type, once each, default last
control c(in bit<8> x, out bit<8> y) {
    apply {
        switch (x) {
            1: { y = 1; }
            1: { y = 2; }        //~ error[duplicate-label]
            true: { y = 3; }     //~ error[type-mismatch]
            default: { y = 0; }
            2: { y = 4; }        //~ error[label-after-default]
        }
    }
}
