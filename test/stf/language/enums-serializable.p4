/* enum with numbers: in a header as its bits, also those that no member has; casts both ways (P4-16 §7.2.1). */
#include <bmv2/pna.p4>

enum bit<4> suit_t {
    CLUBS    = 1,
    DIAMONDS = 2,
    HEARTS   = 4,
    ALSO_TWO = 2
}

header operands_t {
    suit_t suit;
    bit<4> number;
}

header results_t {
    suit_t copied;
    suit_t from_number;
    bit<4> as_number;
    suit_t constant;
    bit<8> compared;    // suit == HEARTS, suit == ALSO_TWO, (suit_t)number == suit, 0...
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.copied = x.suit;
        r.from_number = (suit_t)x.number;
        r.as_number = (bit<4>)x.suit + 1;
        r.constant = suit_t.HEARTS;
        r.compared = (bit<1>)(x.suit == suit_t.HEARTS) ++ (bit<1>)(x.suit == suit_t.ALSO_TWO)
                   ++ (bit<1>)((suit_t)x.number == x.suit) ++ 5w0;
    }
}

#include "../include/operate.p4h"
