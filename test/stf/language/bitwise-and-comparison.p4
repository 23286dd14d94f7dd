/* & | ^ ~ and the unsigned comparisons; & binds tighter than ^, ^ than |, all tighter than == (P4-16 §8, precedence). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> a;
    bit<8> b;
}

header results_t {
    bit<8> conjunction;
    bit<8> disjunction;
    bit<8> exclusive;
    bit<8> inverted;
    bit<8> mixed;        // a | b ^ a & 0x0f
    bit<8> compared;     // a < b, a <= b, a > b, a >= b, a == b, a != b, a & b == 0, !(a == b)
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.conjunction = x.a & x.b;
        r.disjunction = x.a | x.b;
        r.exclusive = x.a ^ x.b;
        r.inverted = ~x.a;
        r.mixed = x.a | x.b ^ x.a & 0x0f;
        r.compared = (bit<1>)(x.a < x.b) ++ (bit<1>)(x.a <= x.b) ++ (bit<1>)(x.a > x.b) ++ (bit<1>)(x.a >= x.b)
                   ++ (bit<1>)(x.a == x.b) ++ (bit<1>)(x.a != x.b) ++ (bit<1>)(x.a & x.b == 0) ++ (bit<1>)(!(x.a == x.b));
    }
}

#include "../include/operate.p4h"
