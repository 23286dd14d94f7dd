// the type argument makes a field impossible
header wrap<T> { T value; }
struct s {
    wrap<error> w; //~ error[bad-field-type]
}
