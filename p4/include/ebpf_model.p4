/* The packet filter of p4c's eBPF back end: a parser and a control that says whether the packet may pass. */
#ifndef SOFTIPU_EBPF_MODEL_P4
#define SOFTIPU_EBPF_MODEL_P4

#include <core.p4>

/* Counters of 32 bits, by index. `sparse` says how the kernel would keep them; softipu always has an array. */
extern CounterArray {
    CounterArray(bit<32> max_index, bool sparse);
    void increment(in bit<32> index);
    void add(in bit<32> index, in bit<32> value);
}

/* Table property `implementation`: the table's size. */
extern array_table {
    array_table(bit<32> size);
}

extern hash_table {
    hash_table(bit<32> size);
}

parser parse<H>(packet_in packet, out H headers);

control filter<H>(inout H headers, out bool accept);

package ebpfFilter<H>(parse<H> prs, filter<H> filt);

#endif
