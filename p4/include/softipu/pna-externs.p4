/*
 * The externs of PNA that are the same in all dialects of pna.p4 (PNA §4.4 and §6). Counters, direct meters, add_entry and the calls
 * that decide where a packet goes differ from dialect to dialect: see the files that include this one.
 */
#ifndef SOFTIPU_PNA_EXTERNS_P4
#define SOFTIPU_PNA_EXTERNS_P4

#include <softipu/pna-types.p4>

match_kind {
    range,      // low .. high
    selector,   // no match: input to the hash of an ActionSelector
    optional    // one value or any value
}

enum PNA_HashAlgorithm_t {
    IDENTITY,
    CRC32,
    CRC32_CUSTOM,
    CRC16,
    CRC16_CUSTOM,
    ONES_COMPLEMENT16,
    TOEPLITZ,
    TARGET_DEFAULT
}

extern Hash<O> {
    Hash(PNA_HashAlgorithm_t algo);
    O get_hash<D>(in D data);
    /* base + hash(data) modulo max */
    O get_hash<T, D>(in T base, in D data, in T max);
}

/* State lives for one run of the block that holds it: it starts clear. */
extern Checksum<W> {
    Checksum(PNA_HashAlgorithm_t hash);
    void clear();
    void update<T>(in T data);
    W get();
}

/* Ones-complement checksum of IP, TCP and UDP (RFC 1071), with the subtraction that an incremental update needs (RFC 1624). */
extern InternetChecksum {
    InternetChecksum();
    void clear();
    /* `data` is a whole number of 16-bit words. */
    void add<T>(in T data);
    void subtract<T>(in T data);
    bit<16> get();
    bit<16> get_state();
    void set_state(in bit<16> checksum_state);
}

enum PNA_CounterType_t { PACKETS, BYTES, PACKETS_AND_BYTES }

enum PNA_MeterType_t { PACKETS, BYTES }

enum PNA_MeterColor_t { RED, GREEN, YELLOW }

extern Register<T, S> {
    Register(bit<32> size);
    Register(bit<32> size, T initial_value);
    T read(in S index);
    void write(in S index, in T value);
}

/* Uniform, both bounds included. */
extern Random<T> {
    Random(T min, T max);
    T read();
}

extern ActionProfile {
    ActionProfile(bit<32> size);
}

extern ActionSelector {
    ActionSelector(PNA_HashAlgorithm_t algo, bit<32> size, bit<32> outputWidth);
}

/* A stream of messages to the control plane. */
extern Digest<T> {
    Digest();
    void pack(in T data);
}

extern FlowId_t allocate_flow_id();

/* In an action of a table whose entries age: the timer of the entry that was hit. A hit alone restarts nothing. */
extern void set_entry_expire_time(in ExpireTimeProfileId_t expire_time_profile_id);
extern void restart_expire_timer();

#endif
