/*
 * The Portable NIC Architecture as published by the P4 consortium (the "new" dialect): parser, control, deparser.
 *
 * Which side a packet came from is asked with is_net_port and is_host_port; there is no recirculate().
 */
#ifndef SOFTIPU_PNA_P4
#define SOFTIPU_PNA_P4

#include <softipu/pna-externs.p4>

enum PNA_IdleTimeout_t { NO_TIMEOUT, NOTIFY_CONTROL, AUTO_DELETE }

enum PNA_Source_t { FROM_HOST, FROM_NET }

@noWarn("unused")
extern Counter<W, S> {
    Counter(bit<32> n_counters, PNA_CounterType_t type);
    void count(in S index);
}

/* Belongs to the table that names it in `pna_direct_counter`. */
@noWarn("unused")
extern DirectCounter<W> {
    DirectCounter(PNA_CounterType_t type);
    void count();
}

/* Two rates, three colors (RFC 2698); color-aware if the packet's color is given. */
extern Meter<S> {
    Meter(bit<32> n_meters, PNA_MeterType_t type);
    PNA_MeterColor_t execute(in S index, in PNA_MeterColor_t color);
    PNA_MeterColor_t execute(in S index);
}

/* Belongs to the table that names it in `pna_direct_meter`. */
extern DirectMeter {
    DirectMeter(PNA_MeterType_t type);
    PNA_MeterColor_t execute(in PNA_MeterColor_t color);
    PNA_MeterColor_t execute();
}

/* Of drop_packet and send_to_port the last call counts; softipu drops a packet for which neither was called. */
extern void drop_packet();
extern void send_to_port(in PortId_t dest_port);
/* Per slot the last call counts; independent of the packet's own fate. */
extern void mirror_packet(in MirrorSlotId_t mirror_slot_id, in MirrorSessionId_t mirror_session_id);

extern bool is_host_port(in PortId_t p);
extern bool is_net_port(in PortId_t p);

typedef bit<1> AddEntryErrorStatus_t;
const AddEntryErrorStatus_t ADD_ENTRY_SUCCESS = 0;
const AddEntryErrorStatus_t ADD_ENTRY_NOT_DONE = 1;

/* In the default action of a table with `add_on_miss = true`: an entry for the key that was just missed. */
extern AddEntryErrorStatus_t add_entry<T>(
    string action_name, in T action_params, in ExpireTimeProfileId_t expire_time_profile_id);
extern AddEntryErrorStatus_t add_entry_if<T>(
    in bool do_add_entry, string action_name, in T action_params, in ExpireTimeProfileId_t expire_time_profile_id);

extern void set_entry_expire_time_if(in bool condition, in ExpireTimeProfileId_t expire_time_profile_id);
/* Does nothing unless the first is true; then the second chooses: set a new profile, or only restart the timer. */
extern void update_expire_info(
    in bool update_aging_info, in bool update_expire_time, in ExpireTimeProfileId_t expire_time_profile_id);

@pure
extern T SelectByDirection<T>(in bool is_network_port, in T from_net_value, in T from_host_value);

struct pna_main_parser_input_metadata_t {
    bool recirculated;
    PortId_t input_port;
}

struct pna_main_input_metadata_t {
    bool recirculated;
#ifdef SOFTIPU_PNA_TC
    bool recirculate;
#endif
    Timestamp_t timestamp;
    ParserError_t parser_error;
    ClassOfService_t class_of_service;
    PortId_t input_port;
}

struct pna_main_output_metadata_t {
    ClassOfService_t class_of_service;
}

parser MainParserT<MH, MM>(
    packet_in pkt, out MH main_hdr, inout MM main_user_meta, in pna_main_parser_input_metadata_t istd);

control MainControlT<MH, MM>(
    inout MH main_hdr, inout MM main_user_meta, in pna_main_input_metadata_t istd, inout pna_main_output_metadata_t ostd);

control MainDeparserT<MH, MM>(
    packet_out pkt, inout MH main_hdr, in MM main_user_meta, in pna_main_output_metadata_t ostd);

package PNA_NIC<MH, MM>(
    MainParserT<MH, MM> main_parser, MainControlT<MH, MM> main_control, MainDeparserT<MH, MM> main_deparser);

#endif
