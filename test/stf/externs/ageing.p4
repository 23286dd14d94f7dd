/*
 * Expire timers (PNA §6.15): what a hit does is the program's choice. `what` 0: nothing, a hit alone restarts no timer; 1: restart_expire_timer;
 * 2: set_entry_expire_time(profile); 3, 4: set_entry_expire_time_if(false or true, profile); 5, 6, 7: update_expire_info(false, true) (true, false)
 * (true, true); 8: restart_expire_timer, and the result is is_first_hit_of_period() of before. Else the result says which profile the entry has now.
 */
#include <bmv2/pna.p4>
#include <softipu.p4>

header operands_t {
    bit<8> key;
    bit<8> what;
    bit<8> profile;
}

header results_t {
    bit<8> hit;
    bit<8> profile;
}

control Operate(inout operands_t x, inout results_t r) {
    action found() {
        ExpireTimeProfileId_t profile = (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)x.profile;
        r.hit = 1;
        bool is_first = is_first_hit_of_period();
        if (x.what == 1 || x.what == 8) {
            restart_expire_timer();
        } else if (x.what == 2) {
            set_entry_expire_time(profile);
        } else if (x.what == 3 || x.what == 4) {
            set_entry_expire_time_if(x.what == 4, profile);
        } else if (x.what >= 5 && x.what < 8) {
            update_expire_info(x.what >= 6, x.what != 6, profile);
        }
        r.profile = (bit<8>)(ExpireTimeProfileIdUint_t)get_entry_expire_time();
        if (x.what == 8) {
            r.profile = is_first ? 8w1 : 0;
        }
    }

    action learn() {
        add_entry("found", {}, (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)x.profile);
    }

    table flows {
        key = { x.key: exact; }
        actions = { @tableonly found; @defaultonly learn; }
        const default_action = learn;
        add_on_miss = true;
        pna_idle_timeout = PNA_IdleTimeout_t.AUTO_DELETE;
        size = 64;
    }

    apply {
        flows.apply();
    }
}

#include "../include/operate.p4h"
