/*
 * The program of the conformance suite: one object of every kind that P4Runtime can see.
 *
 * Packets come from the controller: the packet_out header says which table they go through, and what they found comes back as packet_in.
 */
#include <core.p4>
#include <bmv2/pna.p4>

@p4runtime_translation("softipu.dev/port_name", string)
type bit<32> port_name_t;

@p4runtime_translation("softipu.dev/vlan", 16)
type bit<12> vlan_t;

enum bit<8> kind_t { NONE = 0, EXACT = 1, MASKED = 2, DIGEST = 3, SELECTOR = 4, COUNT = 5, IDLE = 6 }

@controller_header("packet_in")
header packet_in_t {
    bit<16> found;
    bit<9> flags;
    bit<7> pad;
}

@controller_header("packet_out")
header packet_out_t {
    bit<8> kind;
    bit<32> key;
}

header body_t {
    bit<16> value;
}

struct headers_t {
    packet_out_t packet_out;
    packet_in_t packet_in;
    body_t body;
}

struct learned_t {
    bit<32> key;
    bit<16> value;
}

struct cell_t {
    bit<16> low;
    bit<8> high;
}

struct metadata_t {
    bit<32> key;
    bit<16> value;
    bit<8> kind;
    bit<8> small;
    bit<16> found;
    vlan_t vlan;
    port_name_t port;
}

parser MainParser(packet_in pkt, out headers_t hdr, inout metadata_t meta, in pna_main_parser_input_metadata_t istd) {
    @id(1) value_set<bit<16>>(4) special;
    state start {
        transition select(istd.input_port) {
            (PortId_t) 0xFFFFFFFD: from_controller;
            default: accept;
        }
    }
    state from_controller {
        pkt.extract(hdr.packet_out);
        meta.kind = hdr.packet_out.kind;
        meta.key = hdr.packet_out.key;
        pkt.extract(hdr.body);
        meta.value = hdr.body.value;
        transition select(hdr.body.value) {
            special: marked;
            default: accept;
        }
    }
    state marked {
        meta.small = 1;
        transition accept;
    }
}

control MainControl(inout headers_t hdr, inout metadata_t meta, in pna_main_input_metadata_t istd,
                    inout pna_main_output_metadata_t ostd) {
    DirectCounter<bit<64>>(PNA_CounterType_t.PACKETS_AND_BYTES) hits;
    DirectMeter(PNA_MeterType_t.PACKETS) rate;
    Counter<bit<64>, bit<8>>(16, PNA_CounterType_t.PACKETS_AND_BYTES) seen;
    Meter<bit<8>>(8, PNA_MeterType_t.BYTES) limits;
    Register<bit<32>, bit<8>>(8) words;
    Register<cell_t, bit<8>>(4) cells;
    ActionProfile(8) actions_of;
    @softipu_max_groups(8) ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 32, 8) next_hops;
    @max_group_size(8) @softipu_max_groups(4) ActionSelector(PNA_HashAlgorithm_t.TARGET_DEFAULT, 16, 4) small_groups;

    action found(bit<16> value) { meta.found = value; }
    action counted(bit<16> value) { hits.count(); meta.found = value; }
    action metered(bit<16> value) { rate.execute(); meta.found = value; }
    action wide(bit<128> address, bit<1> bit_flag, bit<16> value) { meta.found = value; }
    action named(port_name_t port) { meta.port = port; meta.found = 7; }
    action only_in_table(bit<16> value) { meta.found = value; }
    action only_default() { meta.found = 0xD; }
    action aged() { meta.found = 0xA; }

    table exact_one {
        key = { meta.key: exact @name("key"); }
        actions = { found; wide; @tableonly only_in_table; @defaultonly only_default; NoAction; }
        size = 512;
        default_action = NoAction();
    }
    table exact_two {
        key = { meta.key: exact @name("key"); meta.small: exact @name("small"); }
        actions = { counted; NoAction; }
        size = 64;
        pna_direct_counter = hits;
        default_action = NoAction();
    }
    table lpm_one {
        key = { meta.key: lpm @name("prefix"); }
        actions = { found; NoAction; }
        size = 64;
        const default_action = found(0);
    }
    table ternary_one {
        key = { meta.key: ternary @name("key"); }
        actions = { metered; NoAction; }
        size = 64;
        pna_direct_meter = rate;
        default_action = NoAction();
    }
    table mixed {
        key = {
            meta.key: ternary @name("key");
            meta.value: range @name("value");
            meta.small: optional @name("small");
            meta.kind: exact @name("kind");
        }
        actions = { found; NoAction; }
        size = 128;
        default_action = NoAction();
    }
    table range_one {
        key = { meta.value: range @name("value"); }
        actions = { found; NoAction; }
        size = 32;
    }
    table optional_one {
        key = { meta.small: optional @name("small"); }
        actions = { found; NoAction; }
        size = 32;
    }
    table constant {
        key = { meta.small: exact @name("small"); }
        actions = { found; NoAction; }
        const entries = {
            1 : found(11);
            2 : found(12);
        }
        default_action = NoAction();
    }
    table initial {
        key = { meta.small: exact @name("small"); }
        actions = { found; NoAction; }
        size = 16;
        entries = {
            1 : found(21);
        }
        default_action = NoAction();
    }
    table keyless {
        actions = { found; NoAction; }
        default_action = NoAction();
    }
    table translated {
        key = { meta.vlan: exact @name("vlan"); meta.port: exact @name("port"); }
        actions = { named; NoAction; }
        size = 16;
        default_action = NoAction();
    }
    table profiled {
        key = { meta.key: exact @name("key"); }
        actions = { found; NoAction; }
        pna_implementation = actions_of;
        size = 32;
    }
    table selected {
        key = { meta.key: exact @name("key"); meta.value: selector; }
        actions = { found; named; NoAction; }
        pna_implementation = next_hops;
        size = 32;
    }
    table limited {
        key = { meta.key: exact @name("key"); meta.value: selector; }
        actions = { found; NoAction; }
        pna_implementation = small_groups;
        size = 32;
    }
    table idle {
        key = { meta.key: exact @name("key"); }
        actions = { aged; NoAction; }
        size = 32;
        pna_idle_timeout = PNA_IdleTimeout_t.NOTIFY_CONTROL;
        default_action = NoAction();
    }
    table tiny {
        key = { meta.key: exact @name("key"); }
        actions = { found; NoAction; }
        size = 4;
        default_action = NoAction();
    }

    apply {
        meta.found = 0;
        if (meta.kind == 1) {
            exact_one.apply();
        } else if (meta.kind == 2) {
            exact_two.apply();
            ternary_one.apply();
            lpm_one.apply();
            mixed.apply();
            range_one.apply();
            optional_one.apply();
        } else if (meta.kind == 4) {
            selected.apply();
        } else if (meta.kind == 5) {
            seen.count((bit<8>) meta.key);
            PNA_MeterColor_t color = limits.execute((bit<8>) meta.key);
            words.write((bit<8>) meta.key, (bit<32>) meta.value);
            cell_t cell = cells.read((bit<8>) meta.key);
            meta.found = cell.low;
        } else if (meta.kind == 6) {
            idle.apply();
        } else if (meta.kind == 7) {
            constant.apply();
            initial.apply();
            keyless.apply();
            translated.apply();
            profiled.apply();
            limited.apply();
            tiny.apply();
        } else if (meta.kind == 8) {
            exact_two.apply();
        } else if (meta.kind == 9) {
            meta.found = (bit<16>) meta.small;
        }
        hdr.packet_in.setValid();
        hdr.packet_in.found = meta.found;
        hdr.packet_in.flags = (bit<9>) meta.kind;
        hdr.packet_in.pad = 0;
        hdr.packet_out.setInvalid();
        send_to_port((PortId_t) 0xFFFFFFFD);
    }
}

control MainDeparser(packet_out pkt, inout headers_t hdr, in metadata_t meta, in pna_main_output_metadata_t ostd) {
    Digest<learned_t>() learned;
    apply {
        if (meta.kind == 3) {
            learned.pack({ meta.key, meta.value });
        }
        pkt.emit(hdr.packet_in);
        pkt.emit(hdr.body);
    }
}

PNA_NIC(MainParser(), MainControl(), MainDeparser()) main;
