/*
 * PNA as the compiler for Linux tc (P4TC) declares it: the published dialect, a field more in the input metadata, and the metadata of the kernel's
 * packets, which softipu has not and refuses to read or write. Its annotations (@tc_type, @tc_acl, ..) need no declaration.
 */
#ifndef SOFTIPU_PNA_TC_P4
#define SOFTIPU_PNA_TC_P4

#define SOFTIPU_PNA_TC
#include <bmv2/pna.p4>

extern void skb_get_meta();
extern void skb_set_meta();
extern bit<64> skb_get_tstamp();
extern void skb_set_tstamp(in bit<64> dummy);
extern bit<32> skb_get_mark();
extern void skb_set_mark(in bit<32> dummy);
extern bit<16> skb_get_tc_classid();
extern void skb_set_tc_classid(in bit<16> dummy);
extern bit<16> skb_get_tc_index();
extern void skb_set_tc_index(in bit<16> dummy);
extern bit<16> skb_get_queue_mapping();
extern void skb_set_queue_mapping(in bit<16> dummy);
extern bit<16> skb_get_protocol();
extern void skb_set_protocol(in bit<16> dummy);
extern bit<1> skb_get_tc_at_ingress();
extern bit<1> skb_get_from_ingress();

/* The control plane's view of the extern objects. */
struct tc_ControlPath_Counter<W, S> {
    @tc_key S index;
    @tc_data W pkts;
    @tc_data W bytes;
}

struct tc_ControlPath_DirectCounter<W> {
    @tc_key bit<32> index;
    @tc_data W pkts;
    @tc_data W bytes;
}

struct tc_ControlPath_Meter<S> {
    @tc_key S index;
    @tc_data bit<64> cir;
    @tc_data bit<64> cbs;
    @tc_data bit<64> pir;
    @tc_data bit<64> pbs;
}

struct tc_ControlPath_DirectMeter {
    @tc_key bit<32> index;
    @tc_data bit<64> cir;
    @tc_data bit<64> cbs;
    @tc_data bit<64> pir;
    @tc_data bit<64> pbs;
}

struct tc_ControlPath_Register<T> {
    @tc_key bit<32> index;
    @tc_data T a_value;
}

struct tc_ControlPath_Digest<T> {
    @tc_key bit<32> index;
    @tc_data T data;
}

#endif
