// who may be given to whose constructor
parser Scan();
control Pipe();
control inner() { apply { } }
extern machine { machine(Pipe p); }  //~ error[bad-parameter-type]
control a()(Pipe p) { apply { p.apply(); } }
control b()(Scan s) { apply { } }    //~ error[bad-parameter-type]
control c()(inner i) { apply { } }   //~ error[bad-parameter-type]
control d(Pipe p) { apply { } }      //~ error[bad-parameter-type]
