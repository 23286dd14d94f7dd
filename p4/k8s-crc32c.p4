/*
 * The checksum of SCTP, CRC32c (RFC 9260 appendix A), brought up to date for a change of the packet's first four bytes, as NAT makes it. A CRC is
 * linear: the change of the checksum is the CRC, without its inversions, of the change followed by zeros; so an error that the packet had already is not
 * hidden. The zeros are not walked through: they are a multiplication by x^(8 * bytes) modulo the polynomial.
 *
 * Numbers are polynomials with the lowest power in the highest bit, as the wire's bytes have them when read from the lowest address on.
 */
const bit<32> CRC32C_POLYNOMIAL = 0x82f63b78;
/* x^8 */
const bit<32> CRC32C_BYTE = 0x00800000;

bit<32> crc32c_multiply(in bit<32> left, in bit<32> right) {
    bit<32> product = 0;
    bit<32> a = left;
    bit<32> b = right;
    for (bit<8> i in 8w0 .. 8w31) {
        if (a[31:31] == 1) {
            product = product ^ b;
        }
        a = a << 1;
        if (b[0:0] == 1) {
            b = (b >> 1) ^ CRC32C_POLYNOMIAL;
        } else {
            b = b >> 1;
        }
    }
    return product;
}

bit<32> crc32c_swap(in bit<32> word) {
    return word[7:0] ++ word[15:8] ++ word[23:16] ++ word[31:24];
}

/* `bytes`: of the whole packet. */
bit<32> crc32c_update(in bit<32> checksum, in bit<32> old_word, in bit<32> new_word, in bit<16> bytes) {
    bit<32> change = crc32c_swap(old_word ^ new_word);
    bit<32> power = CRC32C_BYTE;
    bit<16> left = bytes;
    for (bit<8> i in 8w0 .. 8w15) {
        if (left[0:0] == 1) {
            change = crc32c_multiply(change, power);
        }
        power = crc32c_multiply(power, power);
        left = left >> 1;
    }
    return checksum ^ crc32c_swap(change);
}
