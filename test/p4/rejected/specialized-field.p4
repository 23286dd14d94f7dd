// the type argument makes a field impossible
error { NoError }
header wrap<T> { T value; } //~ error[bad-field-type]
struct s {
    wrap<error> w;
}
