/*
 * core.p4: the library that every P4-16 program includes (P4-16 §9, §13.8 and the appendix "P4 core library").
 *
 * The names and signatures are the language's; `minSizeInBits` and its relatives are built into the compiler and need no declaration.
 */
#ifndef _CORE_P4_
#define _CORE_P4_

/* Order matters: the position of a member is its encoding. */
error {
    NoError,
    PacketTooShort,         // extract, advance or lookahead beyond the packet's end
    NoMatch,                // no case of a select matched
    StackOutOfBounds,       // next or last of a stack that has none
    HeaderTooShort,         // more bits for a varbit field than it can hold
    ParserTimeout,          // too many state transitions
    ParserInvalidArgument   // a length that the parser cannot honour, such as 3 bits
}

/* What the parser reads from. */
extern packet_in {
    /* Fills a header of fixed size and moves behind it. */
    void extract<T>(out T hdr);
    /* The same for a header with one varbit field, which gets the given number of bits. */
    void extract<T>(out T variableSizeHeader, in bit<32> variableFieldSizeInBits);
    /* Reads without moving. */
    T lookahead<T>();
    /* Skips bits. */
    void advance(in bit<32> sizeInBits);
    /* Length of the whole packet in bytes. */
    bit<32> length();
}

/* What the deparser writes to: valid headers are appended, others ignored; structs, stacks and unions go member by member. */
extern packet_out {
    void emit<T>(in T hdr);
}

/* In a parser: if `check` is false, sets the parser error and goes to `reject`. */
extern void verify(in bool check, in error toSignal);

/* Stops the compilation, with `message`, if `check` is false. The value lets it stand as a constant's initializer. */
extern bool static_assert(bool check, string message);
extern bool static_assert(bool check);

@noWarn("unused")
action NoAction() {}

match_kind { exact, ternary, lpm }

#endif
