// @name holds a string
@name(4) //~ error[bad-annotation]
action a() { }
