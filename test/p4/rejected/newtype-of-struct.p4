// type needs an integer or bool
struct s { bit<8> a; }
type s handle_t; //~ error[bad-newtype]
