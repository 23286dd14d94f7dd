// a string cannot have a direction
extern void log(in string text); //~ error[bad-parameter-type]
