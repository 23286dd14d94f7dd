/* PNA_IdleTimeout_t.NOTIFY_CONTROL: the control plane's entries stay; it is told once per idle time, and again after the next use. */
#include <bmv2/pna.p4>

header operands_t {
    bit<8> key;
}

header results_t {
    bit<8> hit;
}

control Operate(inout operands_t x, inout results_t r) {
    action used() {
        r.hit = 1;
        restart_expire_timer();
    }

    action ignored() {
        r.hit = 2;
    }

    action missing() {
    }

    table hosts {
        key = { x.key: exact; }
        actions = { used; ignored; @defaultonly missing; }
        default_action = missing();
        pna_idle_timeout = PNA_IdleTimeout_t.NOTIFY_CONTROL;
        size = 16;
    }

    apply {
        hosts.apply();
    }
}

#include "../include/operate.p4h"
