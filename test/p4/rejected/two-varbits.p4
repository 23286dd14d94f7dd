// a header ends in at most one varbit field
header options_h {
    varbit<32> first;
    varbit<32> second; //~ error[two-varbits]
}
