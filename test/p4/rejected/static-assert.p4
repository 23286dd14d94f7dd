// an assertion that does not hold
extern bool static_assert(bool check, string message);
const bool fits = static_assert(8 * 4 == 31, "four bytes"); //~ error[assertion-failed]
