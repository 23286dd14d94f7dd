// annotations with a meaning of their own hold what it needs
match_kind { exact, ternary }
@pkginfo const bit<8> a = 1;                                 //~ error[bad-annotation]
@hidden(1) const bit<8> b = 1;                               //~ error[bad-annotation]
@name const bit<8> c = 1;                                    //~ error[bad-annotation]
@p4runtime_translation("p4.org/t", bool) type bit<8> t_t;    //~ error[bad-annotation]
@p4runtime_translation("p4.org/u", string) type bit<8> u_t;
@p4runtime_translation("p4.org/v", 32) type bit<8> v_t;
@p4runtime_translation("p4.org/w", bit<16>) type bit<8> w_t;
@pkginfo(name = "n", version = "1") const bit<8> d = 1;
struct set_t {
    @match(ternary) bit<8> fine;
    @match(1 + 1) bit<8> wrong;                              //~ error[bad-annotation]
    @length(behind) varbit<8> early;                         //~ error[unknown-name]
    bit<8> behind;
}
