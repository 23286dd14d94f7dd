// an enum without that member
enum verdict_t { allow, deny }
control c(out verdict_t v) {
    apply {
        v = verdict_t.alow; //~ error[unknown-member]
    }
}
