// without any error declared nothing has this type
struct s { error e; } //~ error[unknown-name]
