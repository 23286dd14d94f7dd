// no way leads out
parser p() { //~ error[endless-parser]
    state start { transition ping; }
    state ping { transition pong; }
    state pong { transition ping; }
}
