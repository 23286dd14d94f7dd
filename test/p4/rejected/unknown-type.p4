// a misspelt type
typedef bit<48> mac_t;
header ethernet_h {
    mac_t dst;
    mcc_t src; //~ error[unknown-name]
}
