// Network namespaces and interfaces: entering a namespace for the length of a scope, facts by ioctl, the tcx program that keeps the kernel's stack out.
#pragma once

#include <cstdint>
#include <string>

#include "owned.h"

namespace softipu {

/// Moves the calling thread into a network namespace until the end of the scope. Other threads stay where they are.
class NetnsScope {
 public:
  NetnsScope() = default;
  NetnsScope(const NetnsScope&) = delete;
  NetnsScope& operator=(const NetnsScope&) = delete;
  ~NetnsScope();
  /// `path` empty: stays. Returns 0 or errno.
  int enter(const std::string& path);
  /// By descriptor; -1: stays.
  int enter(int netns);

 private:
  Fd home_;
};

/// A descriptor of the namespace at `path` or, empty, of the calling thread's.
Fd openNetns(const std::string& path);

struct InterfaceFacts {
  int index = 0;
  int mtu = 0;
  uint8_t mac[6] = {};
  bool isUp = false;
};

/// Asks through `socket`, in whose namespace the name is looked up. Returns 0 or errno.
int readFacts(int socket, const std::string& name, InterfaceFacts& facts);

/// Index of the interface, 0 if there is none.
int interfaceIndex(int socket, const std::string& name);

/// Whether the interface cuts TCP segments itself (TSO), now. True if it does not say.
bool hasTso(int socket, const std::string& name);

/// Sets IFF_UP. Returns 0 or errno.
int bringUp(int socket, const std::string& name);

/// Attaches a program that drops everything at the interface's tcx ingress, behind the packet sockets' taps: so the kernel's
/// IP stack neither answers nor forwards what a port receives. With `keptUdpPort` (0: none) it lets ARP and IPv4 UDP to that port through: the kernel ends
/// tunnels there. The link detaches when it is closed. Needs Linux 6.6 and CAP_BPF; empty, with errno, if refused.
Fd attachDropProgram(int interfaceIndex, uint32_t keptUdpPort);

}  // namespace softipu
