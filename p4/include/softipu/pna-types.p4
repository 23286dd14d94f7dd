/*
 * PNA's numbers (PNA §4.1): what all dialects of pna.p4 share.
 *
 * Per kind X there are four names: XUint_t, the plain bit string; X_t, a type of its own, so that ports and sessions are not mixed up;
 * XInHeaderUint_t and XInHeader_t, the same for a value that travels in a header between data plane and controller. pna_X_header_to_int and
 * pna_X_int_to_header convert. The widths are those of the published placeholder section.
 */
#ifndef SOFTIPU_PNA_TYPES_P4
#define SOFTIPU_PNA_TYPES_P4

#include <core.p4>

/* a network port, or a vport of the host */
typedef bit<32> PortIdUint_t;
@p4runtime_translation("p4.org/pna/v1/PortId_t", 32)
type PortIdUint_t PortId_t;
typedef bit<32> PortIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/PortIdInHeader_t", 32)
type PortIdInHeaderUint_t PortIdInHeader_t;
PortId_t pna_PortId_header_to_int(in PortIdInHeader_t x) { return (PortId_t)(PortIdUint_t)(PortIdInHeaderUint_t)x; }
PortIdInHeader_t pna_PortId_int_to_header(in PortId_t x) { return (PortIdInHeader_t)(PortIdInHeaderUint_t)(PortIdUint_t)x; }

/* a port or a queue behind it */
typedef bit<32> InterfaceIdUint_t;
@p4runtime_translation("p4.org/pna/v1/InterfaceId_t", 32)
type InterfaceIdUint_t InterfaceId_t;
typedef bit<32> InterfaceIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/InterfaceIdInHeader_t", 32)
type InterfaceIdInHeaderUint_t InterfaceIdInHeader_t;
InterfaceId_t pna_InterfaceId_header_to_int(in InterfaceIdInHeader_t x) { return (InterfaceId_t)(InterfaceIdUint_t)(InterfaceIdInHeaderUint_t)x; }
InterfaceIdInHeader_t pna_InterfaceId_int_to_header(in InterfaceId_t x) { return (InterfaceIdInHeader_t)(InterfaceIdInHeaderUint_t)(InterfaceIdUint_t)x; }

/* a group of ports */
typedef bit<32> MulticastGroupUint_t;
@p4runtime_translation("p4.org/pna/v1/MulticastGroup_t", 32)
type MulticastGroupUint_t MulticastGroup_t;
typedef bit<32> MulticastGroupInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/MulticastGroupInHeader_t", 32)
type MulticastGroupInHeaderUint_t MulticastGroupInHeader_t;
MulticastGroup_t pna_MulticastGroup_header_to_int(in MulticastGroupInHeader_t x) { return (MulticastGroup_t)(MulticastGroupUint_t)(MulticastGroupInHeaderUint_t)x; }
MulticastGroupInHeader_t pna_MulticastGroup_int_to_header(in MulticastGroup_t x) { return (MulticastGroupInHeader_t)(MulticastGroupInHeaderUint_t)(MulticastGroupUint_t)x; }

/* which mirror configuration a copy follows */
typedef bit<16> MirrorSessionIdUint_t;
@p4runtime_translation("p4.org/pna/v1/MirrorSessionId_t", 16)
type MirrorSessionIdUint_t MirrorSessionId_t;
typedef bit<16> MirrorSessionIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/MirrorSessionIdInHeader_t", 16)
type MirrorSessionIdInHeaderUint_t MirrorSessionIdInHeader_t;
MirrorSessionId_t pna_MirrorSessionId_header_to_int(in MirrorSessionIdInHeader_t x) { return (MirrorSessionId_t)(MirrorSessionIdUint_t)(MirrorSessionIdInHeaderUint_t)x; }
MirrorSessionIdInHeader_t pna_MirrorSessionId_int_to_header(in MirrorSessionId_t x) { return (MirrorSessionIdInHeader_t)(MirrorSessionIdInHeaderUint_t)(MirrorSessionIdUint_t)x; }

/* which of a packet's copies */
typedef bit<8> MirrorSlotIdUint_t;
@p4runtime_translation("p4.org/pna/v1/MirrorSlotId_t", 8)
type MirrorSlotIdUint_t MirrorSlotId_t;
typedef bit<8> MirrorSlotIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/MirrorSlotIdInHeader_t", 8)
type MirrorSlotIdInHeaderUint_t MirrorSlotIdInHeader_t;

/* queue priority */
typedef bit<8> ClassOfServiceUint_t;
@p4runtime_translation("p4.org/pna/v1/ClassOfService_t", 8)
type ClassOfServiceUint_t ClassOfService_t;
typedef bit<8> ClassOfServiceInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/ClassOfServiceInHeader_t", 8)
type ClassOfServiceInHeaderUint_t ClassOfServiceInHeader_t;
ClassOfService_t pna_ClassOfService_header_to_int(in ClassOfServiceInHeader_t x) { return (ClassOfService_t)(ClassOfServiceUint_t)(ClassOfServiceInHeaderUint_t)x; }
ClassOfServiceInHeader_t pna_ClassOfService_int_to_header(in ClassOfService_t x) { return (ClassOfServiceInHeader_t)(ClassOfServiceInHeaderUint_t)(ClassOfServiceUint_t)x; }

/* bytes */
typedef bit<16> PacketLengthUint_t;
@p4runtime_translation("p4.org/pna/v1/PacketLength_t", 16)
type PacketLengthUint_t PacketLength_t;
typedef bit<16> PacketLengthInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/PacketLengthInHeader_t", 16)
type PacketLengthInHeaderUint_t PacketLengthInHeader_t;
PacketLength_t pna_PacketLength_header_to_int(in PacketLengthInHeader_t x) { return (PacketLength_t)(PacketLengthUint_t)(PacketLengthInHeaderUint_t)x; }
PacketLengthInHeader_t pna_PacketLength_int_to_header(in PacketLength_t x) { return (PacketLengthInHeader_t)(PacketLengthInHeaderUint_t)(PacketLengthUint_t)x; }

/* copy number within a multicast group */
typedef bit<16> MulticastInstanceUint_t;
@p4runtime_translation("p4.org/pna/v1/MulticastInstance_t", 16)
type MulticastInstanceUint_t MulticastInstance_t;
typedef bit<16> MulticastInstanceInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/MulticastInstanceInHeader_t", 16)
type MulticastInstanceInHeaderUint_t MulticastInstanceInHeader_t;
MulticastInstance_t pna_MulticastInstance_header_to_int(in MulticastInstanceInHeader_t x) { return (MulticastInstance_t)(MulticastInstanceUint_t)(MulticastInstanceInHeaderUint_t)x; }
MulticastInstanceInHeader_t pna_MulticastInstance_int_to_header(in MulticastInstance_t x) { return (MulticastInstanceInHeader_t)(MulticastInstanceInHeaderUint_t)(MulticastInstanceUint_t)x; }

/* nanoseconds */
typedef bit<64> TimestampUint_t;
@p4runtime_translation("p4.org/pna/v1/Timestamp_t", 64)
type TimestampUint_t Timestamp_t;
typedef bit<64> TimestampInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/TimestampInHeader_t", 64)
type TimestampInHeaderUint_t TimestampInHeader_t;
Timestamp_t pna_Timestamp_header_to_int(in TimestampInHeader_t x) { return (Timestamp_t)(TimestampUint_t)(TimestampInHeaderUint_t)x; }
TimestampInHeader_t pna_Timestamp_int_to_header(in Timestamp_t x) { return (TimestampInHeader_t)(TimestampInHeaderUint_t)(TimestampUint_t)x; }

/* number of a flow, unique while the flow lives */
typedef bit<32> FlowIdUint_t;
@p4runtime_translation("p4.org/pna/v1/FlowId_t", 32)
type FlowIdUint_t FlowId_t;
typedef bit<32> FlowIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/FlowIdInHeader_t", 32)
type FlowIdInHeaderUint_t FlowIdInHeader_t;
FlowId_t pna_FlowId_header_to_int(in FlowIdInHeader_t x) { return (FlowId_t)(FlowIdUint_t)(FlowIdInHeaderUint_t)x; }
FlowIdInHeader_t pna_FlowId_int_to_header(in FlowId_t x) { return (FlowIdInHeader_t)(FlowIdInHeaderUint_t)(FlowIdUint_t)x; }

/* how long an entry may stay unused */
typedef bit<8> ExpireTimeProfileIdUint_t;
@p4runtime_translation("p4.org/pna/v1/ExpireTimeProfileId_t", 8)
type ExpireTimeProfileIdUint_t ExpireTimeProfileId_t;
typedef bit<8> ExpireTimeProfileIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/ExpireTimeProfileIdInHeader_t", 8)
type ExpireTimeProfileIdInHeaderUint_t ExpireTimeProfileIdInHeader_t;
ExpireTimeProfileId_t pna_ExpireTimeProfileId_header_to_int(in ExpireTimeProfileIdInHeader_t x) { return (ExpireTimeProfileId_t)(ExpireTimeProfileIdUint_t)(ExpireTimeProfileIdInHeaderUint_t)x; }
ExpireTimeProfileIdInHeader_t pna_ExpireTimeProfileId_int_to_header(in ExpireTimeProfileId_t x) { return (ExpireTimeProfileIdInHeader_t)(ExpireTimeProfileIdInHeaderUint_t)(ExpireTimeProfileIdUint_t)x; }

/* IPsec security association */
typedef bit<32> SecurityAssocIdUint_t;
@p4runtime_translation("p4.org/pna/v1/SecurityAssocId_t", 64)
type SecurityAssocIdUint_t SecurityAssocId_t;
typedef bit<32> SecurityAssocIdInHeaderUint_t;
@p4runtime_translation("p4.org/pna/v1/SecurityAssocIdInHeader_t", 64)
type SecurityAssocIdInHeaderUint_t SecurityAssocIdInHeader_t;

typedef error ParserError_t;

const InterfaceId_t PNA_PORT_CPU = (InterfaceId_t)0xfffffffd;
const MirrorSessionId_t PNA_MIRROR_SESSION_TO_CPU = (MirrorSessionId_t)0;

#endif
