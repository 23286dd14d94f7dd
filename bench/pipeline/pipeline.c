/*
 * The established-flow path of k8s-lb.p4 by hand in C: the yardstick for what the compiler makes of the P4 program.
 *
 * Same work per packet, on the same table layout idea: parse Ethernet + IPv4 + TCP/UDP with the program's checks, look the 5-tuple up in an
 * open-addressing table of one cache line per flow, count, check of the pod's address, age by TCP state (both directions), DNAT or reverse NAT with incremental checksums, TTL, longest
 * prefix route over the prefix lengths in use, MAC addresses, egress port into the descriptor.
 *
 * usage: pipeline FLOWS ROUNDS PACKET_BYTES      prints one line: nanoseconds per packet, median and minimum over the rounds
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { BATCH = 1024, STRIDE = 2048, TCP = 6, UDP = 17 };

struct descriptor { uint8_t *addr; uint32_t length, in_port, out_port, reason; };
struct flow {
    uint32_t tag; uint16_t action; uint8_t profile, flags; uint32_t deadline, timeout;
    uint64_t key[2];
    uint32_t address; uint16_t port, pad;
    uint64_t packets, bytes;
};
struct route { uint32_t prefix, port; uint8_t source[6], destination[6]; uint32_t used; };

static struct flow *flows;
static uint32_t flow_mask, route_mask = 1023, now_ms = 1000;
static uint64_t multipliers[4];
static struct route *routes[3];
static const uint32_t route_masks[3] = {0xffffffff, 0x00ffffff, 0}; /* wire order: /32, /24, /0 */
static const uint32_t profiles_ms[8] = {60000, 86400000, 120000, 30000, 30000, 600000, 30000, 30000};
static uint64_t outcomes[32][2], drops[16], source_misses, port_misses, flow_hits, route_hits;
static volatile uint32_t source_count;
static uint8_t net_ports[256];

static inline uint16_t ld16(const uint8_t *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static inline uint32_t ld32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline void st16(uint8_t *p, uint32_t v) { uint16_t w = (uint16_t)v; memcpy(p, &w, 2); }
static inline void st32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

/* Pair-multiply-shift, as the program's tables; the multipliers are random per start there, too. */
static inline uint32_t hash_key(const uint64_t key[2]) {
    uint64_t a = (multipliers[0] + (uint32_t)key[0]) * (multipliers[1] + (key[0] >> 32));
    uint64_t b = (multipliers[2] + (uint32_t)key[1]) * (multipliers[3] + (key[1] >> 32));
    return (a + b) >> 32;
}

static inline uint32_t fold(uint32_t s) { s = (s & 0xffff) + (s >> 16); return (s & 0xffff) + (s >> 16); }

static inline __attribute__((always_inline)) struct flow *find_flow(const uint64_t key[2]) {
    uint32_t h = hash_key(key), want = (h & ~3u) | 1;
    for (uint32_t i = h & flow_mask;; i = (i + 1) & flow_mask) {
        struct flow *f = &flows[i];
        if (f->tag == want && f->key[0] == key[0] && f->key[1] == key[1]) return (int32_t)(now_ms - f->deadline) >= 0 ? NULL : f;
        if (f->tag == 0) return NULL;
    }
}

static struct route *find_route(uint32_t address) {
    for (int l = 0; l < 3; l++) {
        uint32_t prefix = address & route_masks[l];
        for (uint32_t i = (prefix * 0x9e3779b1u >> 16) & route_mask;; i = (i + 1) & route_mask) {
            struct route *r = &routes[l][i];
            if (!r->used) break;
            if (r->prefix == prefix) return r;
        }
    }
    return NULL;
}

/* The other direction's entry follows a change of state: its key is what the translated packet looks like from the far side. */
static __attribute__((noinline, cold)) void tell_peer(const struct flow *f, uint32_t profile) {
    uint32_t source = (uint32_t)f->key[0], destination = f->key[0] >> 32, source_port = f->key[1] & 0xffff, destination_port = f->key[1] >> 16 & 0xffff;
    if (f->action == 1) destination = f->address, destination_port = f->port;
    else if (f->action == 2) source = f->address, source_port = f->port;
    uint64_t key[2] = {destination | (uint64_t)source << 32, destination_port | source_port << 16 | (f->key[1] & 0xff00000000)};
    struct flow *peer = find_flow(key);
    if (peer) { peer->profile = profile; peer->timeout = profiles_ms[profile]; peer->deadline = now_ms + peer->timeout; }
}

static void process(struct descriptor *d, int count) {
    for (int i = 0; i < count; i++, d++) {
        uint8_t *p = d->addr;
        uint32_t length = d->length;
        d->out_port = 0xffffffff;
        if (length < 34 || ld16(p + 12) != 0x0008) { outcomes[2][0]++; continue; }
        uint8_t *ip = p + 14;
        if (ip[0] != 0x45) { outcomes[1][0]++; continue; }
        uint32_t protocol = ip[9], source = ld32(ip + 12), destination = ld32(ip + 16);
        uint8_t *l4 = ip + 20, flags = 0;
        if (ld16(ip + 6) & 0xff3f) { outcomes[10][0]++; continue; }
        if (protocol == TCP) { if (length < 54) { outcomes[1][0]++; continue; } flags = l4[13]; }
        else if (protocol == UDP) { if (length < 42) { outcomes[1][0]++; continue; } }
        else { outcomes[2][0]++; continue; }
        if ((ip[16] & 0xf0) == 0xe0 || destination == 0xffffffff) { outcomes[13][0]++; continue; }
        if (ip[8] <= 1) { outcomes[4][0]++; continue; }
        /* Addresses that pods may send from: the table is there, and empty. */
        if (!(net_ports[d->in_port >> 3 & 255] >> (d->in_port & 7) & 1)) {
            if (source_count) { outcomes[14][0]++; continue; }
            source_misses++; port_misses++;
        }
        uint32_t ports = ld32(l4);
        uint64_t key[2] = {source | (uint64_t)destination << 32, ports | (uint64_t)protocol << 32};
        struct flow *f = find_flow(key);
        if (!f) { outcomes[5][0]++; continue; }
        flow_hits++; f->packets++; f->bytes += length;
        uint32_t profile = f->profile;
        if (protocol == TCP) {
            if (flags & 5) profile = 2;
            else if ((flags & 0x12) == 2) profile = 0;
            else if (profile == 0 && !(flags & 2)) profile = 1;
        }
        /* The first hit of a period keeps the other direction alive, too (arena/ageing.ts). */
        uint32_t leading = f->timeout ? __builtin_clz(f->timeout) : 32, shift = leading < 29 ? 29 - leading : 0;
        if (profile != f->profile || flags & 5 || ((f->deadline - f->timeout) ^ now_ms) >> shift) tell_peer(f, profile);
        if (profile != f->profile) { f->profile = profile; f->timeout = profiles_ms[profile]; }
        f->deadline = now_ms + f->timeout;
        uint32_t sum = (uint16_t)~ld16(ip + 10);
        if (f->action) {
            uint32_t old_address, old_port;
            if (f->action == 1) { old_address = destination; old_port = ports >> 16; st32(ip + 16, f->address); st16(l4 + 2, f->port); destination = f->address; }
            else { old_address = source; old_port = ports & 0xffff; st32(ip + 12, f->address); st16(l4, f->port); }
            uint32_t delta = (~old_address & 0xffff) + (~old_address >> 16) + (f->address & 0xffff) + (f->address >> 16);
            sum += delta;
            uint8_t *c = l4 + (protocol == TCP ? 16 : 6);
            if (protocol == TCP || ld16(c)) {
                uint32_t s = ~fold((uint16_t)~ld16(c) + delta + (uint16_t)~old_port + f->port) & 0xffff;
                st16(c, protocol == UDP && s == 0 ? 0xffff : s);
            }
        }
        uint32_t old_ttl = ld16(ip + 8);
        ip[8]--;
        sum += (uint16_t)~old_ttl + ld16(ip + 8);
        st16(ip + 10, ~fold(sum));
        struct route *r = find_route(destination);
        if (!r) { outcomes[5][0]++; continue; }
        memcpy(p + 6, r->source, 6);
        memcpy(p, r->destination, 6);
        d->out_port = r->port; d->reason = 0; route_hits++;
        outcomes[0][0]++; outcomes[0][1] += length;
    }
}

static void add_route(int l, uint32_t prefix, uint32_t port) {
    uint32_t i = (prefix * 0x9e3779b1u >> 16) & route_mask;
    while (routes[l][i].used) i = (i + 1) & route_mask;
    routes[l][i] = (struct route){prefix, port, {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 1, (uint8_t)port}, 1};
}

static uint32_t random_state = 0x9e3779b9;
static uint32_t next_random(void) { random_state ^= random_state << 13; random_state ^= random_state >> 17; return random_state ^= random_state << 5; }

/* Flow n: client 11.x.y.z port 1024 + n % 60000 -> 10.96.0.1:80, to backend 10.244.1.(1 + n % 8):8080. All values in wire order. */
static uint32_t wire32(uint32_t x) { return __builtin_bswap32(x); }
static uint16_t wire16(uint32_t x) { return __builtin_bswap16((uint16_t)x); }
static uint32_t client(uint32_t n) { return wire32(0x0b000000u + n); }
static uint16_t client_port(uint32_t n) { return wire16(1024 + n % 60000); }

static void write_packet(uint8_t *p, uint32_t n, uint32_t length) {
    static const uint8_t head[54] = {2,0,0,0,0,1, 2,0,0,0,0,9, 8,0, 0x45,0,0,0, 0,1,0x40,0, 64,6,0,0, 0,0,0,0, 10,96,0,1,
                                     0,0, 0,80, 0,0,0,1, 0,0,0,1, 0x50,0x10,0x10,0, 0x12,0x34,0,0};
    memcpy(p, head, 54);
    st16(p + 16, wire16(length - 14)); st32(p + 26, client(n)); st16(p + 34, client_port(n));
    uint32_t s = 0;
    for (int i = 14; i < 34; i += 2) s += ld16(p + i);
    st16(p + 24, ~fold(s));
}

static int by_value(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return x < y ? -1 : x > y; }

int main(int argc, char **argv) {
    uint32_t flow_count = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000, rounds = argc > 2 ? (uint32_t)atoi(argv[2]) : 1000, length = argc > 3 ? (uint32_t)atoi(argv[3]) : 64;
    for (int i = 0; i < 4; i++) multipliers[i] = (uint64_t)next_random() << 32 | next_random();
    uint32_t slots = 8;
    while (slots < flow_count * 2 / 0.8) slots *= 2;
    flow_mask = slots - 1;
    flows = mmap(NULL, (size_t)slots * sizeof *flows, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(flows, (size_t)slots * sizeof *flows, MADV_HUGEPAGE); /* as the arena */
    for (int l = 0; l < 3; l++) routes[l] = calloc(route_mask + 1, sizeof **routes);
    for (uint32_t i = 1; i <= 8; i++) add_route(0, wire32(0x0af40100 + i), i);
    add_route(1, wire32(0x0af40200), 9);
    add_route(2, 0, 10);
    for (uint32_t n = 0; n < flow_count; n++) {
        uint64_t key[2] = {client(n) | (uint64_t)wire32(0x0a600001) << 32, client_port(n) | (uint32_t)wire16(80) << 16 | (uint64_t)TCP << 32};
        uint32_t h = hash_key(key), i = h & flow_mask;
        while (flows[i].tag) i = (i + 1) & flow_mask;
        flows[i] = (struct flow){(h & ~3u) | 1, 1, 1, 2, now_ms + 86400000, 86400000, {key[0], key[1]}, wire32(0x0af40101 + n % 8), wire16(8080), 0, 0, 0};
    }
    uint8_t *packets = aligned_alloc(4096, (size_t)BATCH * STRIDE);
    static struct descriptor descriptors[BATCH];
    double *times = malloc(rounds * sizeof *times);
    for (uint32_t r = 0; r < rounds; r++) {
        for (int i = 0; i < BATCH; i++) {
            uint8_t *p = packets + (size_t)i * STRIDE + 128;
            write_packet(p, next_random() % flow_count, length);
            descriptors[i] = (struct descriptor){p, length, 1, 0, 0};
        }
        struct timespec a, b;
        clock_gettime(CLOCK_MONOTONIC, &a);
        process(descriptors, BATCH);
        clock_gettime(CLOCK_MONOTONIC, &b);
        times[r] = ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / BATCH;
    }
    if (outcomes[0][0] != (uint64_t)rounds * BATCH) { fprintf(stderr, "pipeline: %llu of %llu packets were forwarded\n", (unsigned long long)outcomes[0][0], (unsigned long long)rounds * BATCH); return 1; }
    qsort(times, rounds, sizeof *times, by_value);
    printf("%.2f %.2f\n", times[rounds / 2], times[0]);
    (void)drops;
    return 0;
}
