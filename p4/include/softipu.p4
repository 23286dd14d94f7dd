/*
 * What softipu offers beyond PNA. A program that includes this file runs on softipu only.
 *
 * Annotations need no declaration:
 *   @softipu_maglev_size(n)       on an ActionSelector: most slots of a group's lookup table, a prime (65537)
 *   @softipu_maglev_slots(n)      on an ActionSelector: slots of all lookup tables together (what all groups can need, at most 16777216)
 *   @softipu_max_groups(n)        on an ActionSelector: number of groups (its size, at most 1024)
 *   @softipu_when_full("evict")   on a table with add_on_miss: a full table makes room instead of refusing ("refuse")
 */
#ifndef SOFTIPU_P4
#define SOFTIPU_P4

/* Bytes of the packet as it came into this pass, less what cut_payload took away. */
extern bit<32> packet_length();

/* Bytes behind what the parser has extracted, and their sum in ones complement (RFC 1071; not complemented). The sum takes time for each byte. */
extern bit<32> payload_length();
extern bit<16> payload_sum();

/*
 * Bytes of the longest frame that the packet, as it came in, is on a wire: a port may take a train of TCP segments or UDP datagrams for one packet and
 * cut it up when it leaves (GSO). packet_length() for all others.
 */
extern bit<32> segment_length();

/*
 * Keeps at most so many bytes of the payload, and makes the packet one of the program's own: what a port would have completed when it leaves, a
 * checksum that the sender left to the hardware or the cutting of a train, is not done any more.
 */
extern void cut_payload(in bit<32> bytes);

/*
 * The expire-time profile that the matched entry has now: the counterpart of PNA's set_entry_expire_time, with the same rules of use
 * (in an action of a table with idle timeout). It lets an entry's profile carry the state of its flow.
 */
extern ExpireTimeProfileId_t get_entry_expire_time();

/*
 * Whether the matched entry was last hit in an earlier period than now, a period being the power of two of milliseconds between an eighth and a quarter of its
 * expire time; false after a miss. The same rules of use; to be asked before the timer is restarted. So an entry in use can keep others alive that belong
 * to it, a few times in their lives instead of with every packet.
 */
extern bool is_first_hit_of_period();

#endif
