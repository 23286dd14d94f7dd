// an enum is represented by bit or int
enum bool answer_t { no = false } //~ error[bad-enum-type]
