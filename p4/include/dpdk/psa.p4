/* PSA with the externs as programs for P4 on DPDK call them: `pkt_len` is what to count or to meter instead of the packet's length. */
#ifndef SOFTIPU_PSA_P4
#define SOFTIPU_PSA_P4

#include <softipu/psa-common.p4>

@noWarn("unused")
extern Counter<W, S> {
    Counter(bit<32> n_counters, PSA_CounterType_t type);
    void count(in S index);
    void count(in S index, in bit<32> pkt_len);
}

/* Belongs to the table that names it in `psa_direct_counter`. */
@noWarn("unused")
extern DirectCounter<W> {
    DirectCounter(PSA_CounterType_t type);
    void count();
    void count(in bit<32> pkt_len);
}

/* Two rates, three colors (RFC 2698); color-aware if the packet's color is given. */
extern Meter<S> {
    Meter(bit<32> n_meters, PSA_MeterType_t type);
    PSA_MeterColor_t execute(in S index, in PSA_MeterColor_t color);
    PSA_MeterColor_t execute(in S index);
    PSA_MeterColor_t dpdk_execute(in S index, in PSA_MeterColor_t color, in bit<32> pkt_len);
    PSA_MeterColor_t dpdk_execute(in S index, in bit<32> pkt_len);
}

/* Belongs to the table that names it in `psa_direct_meter`. */
extern DirectMeter {
    DirectMeter(PSA_MeterType_t type);
    PSA_MeterColor_t execute(in PSA_MeterColor_t color);
    PSA_MeterColor_t execute();
    PSA_MeterColor_t dpdk_execute(in PSA_MeterColor_t color, in bit<32> pkt_len);
    PSA_MeterColor_t dpdk_execute(in bit<32> pkt_len);
}

#endif
