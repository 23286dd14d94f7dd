// exit belongs to controls and actions
void f() {
    exit; //~ error[exit-not-allowed]
}
