// What leaves a port; see outbox.h.
#include "outbox.h"

#include <sys/uio.h>

#include "checksum.h"

namespace softipu {

Outbox::Outbox() {
  memset(messages_, 0, sizeof messages_);
  for (uint32_t i = 0; i < capacity; i++) messages_[i].msg_hdr.msg_iov = parts_[i];
}

void Outbox::sendAll(uint8_t* arena, uint32_t list, uint32_t count) {
  arena_ = arena;
  const uint8_t* addresses = arena + list;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t address;
    memcpy(&address, addresses + i * 4, 4);
    add(*reinterpret_cast<Descriptor*>(arena + address), arena);
    if (used_ == capacity) flush();
  }
  flush();
}

/// Packets of the batch that was just sent and put back: each once more, in segments.
void Outbox::sendRefused() {
  const Descriptor* again[capacity];
  uint32_t count = refusedCount_;
  memcpy(again, refused_, count * sizeof again[0]);
  refusedCount_ = 0;
  for (uint32_t i = 0; i < count; i++) segment(*again[i], arena_, nullptr);
  flush();
}

void Outbox::add(Descriptor& d, uint8_t* arena) {
  // The one check of what a program left in the descriptor: the packet lies in its buffer.
  if (d.addr < d.bufferStart || d.length < 14 || static_cast<uint64_t>(d.addr) + d.length > d.bufferEnd) {
    counters_.txErrors++;
    return;
  }
  VnetHeader header = {};
  if (!hasPartialChecksum(d)) {
    // GSO without an L4 header to speak of: stripped by the program, nobody can segment it.
    if (d.gsoType != gsoNone) {
      counters_.txDropsTooBig++;
      return;
    }
    push(d, arena, header);
    return;
  }
  uint8_t* frame = arena + d.addr;
  uint8_t* l4 = arena + d.csumAddr;
  uint32_t l4Bytes = d.addr + d.length - d.csumAddr;
  uint16_t partial = partialChecksum(d, arena);
  IpLayer outermost;
  bool hasIp = findOutermostIp(frame, frame + d.length, outermost);

  if (hasOffloads_ && hasIp && outermost.l4 == l4 && (takesGso_ || d.gsoType == gsoNone)) {
    header.flags = vnetNeedsCsum;
    header.csumStart = static_cast<uint16_t>(d.csumAddr - d.addr);
    header.csumOffset = d.csumOffset;
    if (d.gsoType != gsoNone) {
      header.gsoType = d.gsoType;
      header.gsoSize = d.gsoSize;
      header.headerBytes = static_cast<uint16_t>(header.csumStart + l4HeaderBytes(l4, d.csumOffset, l4Bytes));
    }
    replace(l4 + d.csumOffset, partial);
    push(d, arena, header);
    return;
  }
  if (d.gsoType != gsoNone) {
    segment(d, arena, hasIp ? &outermost : nullptr);
    return;
  }
  replace(l4 + d.csumOffset, completeChecksum(l4, l4Bytes, d.csumOffset, partial));
  if (hasIp && outermost.protocol == protocolUdp && outermost.l4 + 8 <= l4 && load16(outermost.l4 + 6) != 0) {
    auto udpBytes = static_cast<uint32_t>(frame + d.length - outermost.l4);
    replace(outermost.l4 + 6, tunnelUdpChecksum(outermost, outermost.l4, udpBytes, frame, 0));
  }
  push(d, arena, header);
}

void Outbox::segment(const Descriptor& d, uint8_t* arena, const IpLayer* outermost) {
  Segmenter segmenter;
  if (!segmenter.begin(d, arena, outermost)) {
    counters_.txDropsTooBig++;
    return;
  }
  bool isTunnelled = outermost != nullptr && outermost->l4 != arena + d.csumAddr;
  addSegments(segmenter, arena + d.addr, isTunnelled ? outermost : nullptr);
}

void Outbox::addSegments(const Segmenter& segmenter, const uint8_t* frame, const IpLayer* outermost) {
  uint32_t headerBytes = segmenter.headerBytes();
  for (uint32_t i = 0; i < segmenter.segments();) {
    if (takesTrains_ && takesGso_ && hasOffloads_ && outermost != nullptr && TunnelMessage::fits(*outermost)) {
      uint32_t taken = sendTrain(segmenter, i, frame, *outermost);
      i += taken;
      if (taken != 0) continue;
    }
    if (used_ == capacity) flush();
    uint8_t* scratch = scratch_[used_];
    memset(scratch, 0, vnetBytes);
    segmenter.writeHeaders(i, scratch + vnetBytes);
    uint32_t payloadBytes = segmenter.payloadBytes(i);
    parts_[used_][0] = {scratch, vnetBytes + headerBytes};
    parts_[used_][1] = {segmenter.payload(i), payloadBytes};
    messages_[used_].msg_hdr.msg_iovlen = 2;
    messageBytes_[used_] = vnetBytes + headerBytes + payloadBytes;
    used_++;
    i++;
  }
}

/// Sends several segments in one message, behind all that waits. Returns how many; 0 if they have to go one by one.
uint32_t Outbox::sendTrain(const Segmenter& segmenter, uint32_t first, const uint8_t* frame, const IpLayer& outermost) {
  uint32_t count = train_.build(segmenter, first, frame, outermost);
  if (count == 0) return 0;
  flush();
  msghdr& header = messages_[0].msg_hdr;
  header.msg_iov = train_.parts();
  header.msg_iovlen = train_.partCount();
  messageBytes_[0] = train_.bytes();
  described_[0] = nullptr;
  Counters before = counters_;
  sendMessages(1);
  header.msg_iov = parts_[0];
  // Too big for us is too new for the kernel: before Linux 6.2 it knows no UDP trains.
  if (counters_.txDropsTooBig == before.txDropsTooBig) return count;
  counters_ = before;
  takesTrains_ = false;
  return 0;
}

void Outbox::push(Descriptor& d, uint8_t* arena, const VnetHeader& header) {
  uint8_t* frame = arena + d.addr;
  bool isInPlace = d.addr - d.bufferStart >= vnetBytes;
  uint8_t* at = isInPlace ? frame - vnetBytes : scratch_[used_];
  memcpy(at, &header, vnetBytes);
  if (isInPlace) {
    parts_[used_][0] = {at, vnetBytes + d.length};
  } else {
    parts_[used_][0] = {at, vnetBytes};
    parts_[used_][1] = {frame, d.length};
  }
  described_[used_] = &d;
  messages_[used_].msg_hdr.msg_iovlen = isInPlace ? 1 : 2;
  messageBytes_[used_] = vnetBytes + d.length;
  used_++;
}

void Outbox::replace(uint8_t* at, uint16_t value) {
  undo_[undos_++] = {at, load16(at)};
  store16(at, value);
}

void Outbox::flush() {
  if (used_ != 0) sendMessages(used_);
  while (undos_ != 0) {
    undos_--;
    store16(undo_[undos_].at, undo_[undos_].value);
  }
  used_ = 0;
  if (refusedCount_ != 0) sendRefused();
}

}  // namespace softipu
