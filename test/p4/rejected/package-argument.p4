// a block must have the parameters that the package asks for
struct headers_t { bit<8> a; }
struct meta_t { bit<8> b; }
control Pipe<H, M>(inout H hdr, inout M meta);
package Switch<H, M>(Pipe<H, M> first, Pipe<H, M> second);
control one(inout headers_t hdr, inout meta_t meta) { apply { } }
control swapped(inout meta_t meta, inout headers_t hdr) { apply { } }
control short(inout headers_t hdr) { apply { } }
control reads(in headers_t hdr, inout meta_t meta) { apply { } }
Switch(one(), one()) ok;
Switch(one(), swapped()) a; //~ error[block-mismatch]
Switch(one(), short()) b;   //~ error[block-mismatch]
Switch(reads(), one()) d;   //~ error[block-mismatch]
Switch(one()) e;            //~ error[argument-count]
