// casts that need a detour
control c(in bit<8> a, in bool b) {
    apply {
        int<16> x = (int<16>)a; //~ error[bad-cast]
        bit<8> y = (bit<8>)b;   //~ error[bad-cast]
        bool z = (bool)a;       //~ error[bad-cast]
        bool w = (bool)2;       //~ error[bad-cast]
    }
}
