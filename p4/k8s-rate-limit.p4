/*
 * What a pod may send and receive (CNI's bandwidth capability), as the bytes of its IP packets in both families: a policer, RFC 2698. Packets
 * beyond the rate and the burst are dropped and counted; nothing is queued.
 */
control RateLimit(in bit<16> limiter, inout outcome_t outcome) {
    DirectMeter(PNA_MeterType_t.BYTES) rate;

    action measure() {
        if (rate.execute() == PNA_MeterColor_t.RED) {
            outcome = outcome_t.RATE_LIMITED;
        }
    }

    table rate_limits {
        key = { limiter: exact @name("limiter"); }
        actions = { measure; @defaultonly NoAction; }
        const default_action = NoAction;
        pna_direct_meter = rate;
        size = 4096;
    }

    apply {
        rate_limits.apply();
    }
}
