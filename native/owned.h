// Owners: one object per descriptor or mapping, released when it goes out of scope.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace softipu {

/// A file descriptor that is closed with its owner; -1 is none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// Hands the descriptor to somebody who closes it.
  int release() { return std::exchange(fd_, -1); }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// A socket's ring mapped over a range of the arena. Giving it up puts anonymous memory there again: a ring lives as long as
/// it is mapped anywhere, whatever is closed, and would refuse the next bind (EBUSY).
class RingMapping {
 public:
  RingMapping() = default;
  RingMapping(const RingMapping&) = delete;
  RingMapping& operator=(const RingMapping&) = delete;
  ~RingMapping() { reset(); }

  /// Returns 0 or errno. `at` is page aligned.
  int map(int fd, uint8_t* at, size_t bytes) {
    void* mapped = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0);
    if (mapped == MAP_FAILED) {
      // A failed MAP_FIXED may have unmapped what was there.
      int error = errno;
      restore(at, bytes);
      return error;
    }
    at_ = at;
    bytes_ = bytes;
    return 0;
  }
  void reset() {
    if (at_ != nullptr) restore(at_, bytes_);
    at_ = nullptr;
  }

 private:
  static void restore(uint8_t* at, size_t bytes) {
    mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
  }
  uint8_t* at_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace softipu
