/* add, subtract, get_state, set_state: a checksum corrected for one changed field, RFC 1624, its famous corner case included. */
#include <bmv2/pna.p4>

header operands_t {
    bit<16> checksum;
    bit<16> old_value;
    bit<16> new_value;
}

header results_t {
    bit<16> updated;
    bit<16> state_;       // of the words old and new
    bit<16> continued;    // state, then the checksum field added
    bit<16> empty;
}

control Operate(inout operands_t x, inout results_t r) {
    InternetChecksum() sum;
    InternetChecksum() other;

    apply {
        r.empty = sum.get_state();
        sum.clear();
        sum.subtract(x.checksum);
        sum.subtract(x.old_value);
        sum.add(x.new_value);
        r.updated = sum.get();
        sum.clear();
        sum.add({ x.old_value, x.new_value });
        r.state_ = sum.get_state();
        other.set_state(sum.get_state());
        other.add(x.checksum);
        r.continued = other.get();
    }
}

#include "../include/operate.p4h"
