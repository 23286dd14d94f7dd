/* typedef is another name, `type` a type of its own: values move between it and its base by casts (P4-16 §7.2.7, §7.2.8). */
#include <bmv2/pna.p4>

typedef bit<12> number_t;
type number_t  label_t;
typedef label_t tag_t;

const label_t ZERO = (label_t)(number_t)0;

header operands_t {
    label_t label;
    bit<4>  rest;
}

header results_t {
    tag_t    copied;
    bit<4>   is_zero;
    number_t next;
    bit<4>   rest;
}

label_t next_label(in label_t l) {
    return (label_t)((number_t)l + 1);
}

control Operate(inout operands_t x, inout results_t r) {
    apply {
        r.copied = x.label;
        r.is_zero = x.label == ZERO ? 4w1 : 4w0;
        r.next = (number_t)next_label(x.label);
        r.rest = x.rest;
    }
}

#include "../include/operate.p4h"
