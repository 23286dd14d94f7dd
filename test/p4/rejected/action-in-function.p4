// functions call no actions
action drop() { }
void f() {
    drop(); //~ error[call-not-allowed]
}
