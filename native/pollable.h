// What the data plane waits for: a port that may have input.
#pragma once

namespace softipu {

class Pollable {
 public:
  virtual ~Pollable() = default;
  /// Descriptor that poll(2) finds ready when there is input; -1 if closed.
  virtual int pollFd() const = 0;
  /// Whether `hasInput` knows without a system call.
  virtual bool seesInput() const = 0;
  virtual bool hasInput() const = 0;
  /// Gives the buffers of the last batch back to the kernel. Before anybody sleeps: poll(2) finds a ring ready that has none of them free.
  virtual void giveBack() = 0;
};

}  // namespace softipu
