// verify belongs to parsers
error { Bad }
extern void verify(in bool check, in error toSignal);
control c() {
    apply {
        verify(false, error.Bad); //~ error[parser-only]
    }
}
