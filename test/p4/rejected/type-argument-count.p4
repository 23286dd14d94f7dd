// a generic type takes exactly its arguments
struct pair<A, B> { A first; B second; }
struct uses {
    pair<bit<8>> a; //~ error[type-argument-count]
    pair b;         //~ error[type-argument-count]
    pair<bit<8>, bit<8>> c;
}
typedef bit<8> byte;
struct not_generic {
    byte<bit<8>> d; //~ error[type-argument-count]
}
