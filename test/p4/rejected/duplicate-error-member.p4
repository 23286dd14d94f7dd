// errors add up over all declarations
error { TooShort, TooLong }
error { TooShort } //~ error[duplicate-declaration]
