/* ActionSelector: the hash of the selector keys chooses a member of the entry's group, always the same for the same keys (PNA §6.12). */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> service;
    bit<8> client;
}

header results_t {
    bit<8> member;
}

control Operate(inout operands_t x, inout results_t r) {
    @softipu_maglev_size(251)
    @softipu_max_groups(4)
    ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 16, 16) selector;
    Counter<bit<32>, bit<8>>(16, PNA_CounterType_t.PACKETS) chosen;
    Counter<bit<32>, bit<8>>(4, PNA_CounterType_t.PACKETS) moved;
    Register<bit<8>, bit<8>>(256) before;

    action to(bit<8> member) {
        r.member = member;
    }

    action missing() {
        r.member = 0xff;
    }

    table map {
        key = {
            x.service: exact;
            x.client: selector;
        }
        actions = { to; @defaultonly missing; }
        default_action = missing();
        pna_implementation = selector;
    }

    /* One packet asks for all 256 clients: how many each member gets, and how many changed since the packet before, into `moved` by old member. */
    apply {
        bit<8> service = x.service & 0x7f;
        if (x.service == service) {
            map.apply();
        } else {
            x.service = service;
            for (bit<16> i = 0; i < 256; i += 1) {
                x.client = (bit<8>)i;
                map.apply();
                chosen.count(r.member);
                bit<8> old = before.read(x.client);
                if (old != r.member) {
                    moved.count(old);
                }
                before.write(x.client, r.member);
            }
            r.member = 0;
        }
    }
}

#include "../include/operate.p4h"
