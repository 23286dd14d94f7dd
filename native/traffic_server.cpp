// Traffic server: UDP echo, and TCP connections that say with their first byte what they want (traffic.h). One thread for all of it.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <memory>
#include <thread>
#include <unordered_map>

#include "interface.h"
#include "traffic.h"

namespace softipu {
namespace {

constexpr int backlog = 4096;
constexpr size_t bufferBytes = 256 * 1024;

class TrafficServer {
 public:
  /// Returns 0 or errno, `failed` names the call.
  int open(const std::string& netns, uint32_t tcpPort, uint32_t udpPort, const char*& failed);
  [[noreturn]] void serve();

 private:
  /// What a connection asked for; 0 until it has.
  struct Connection {
    char service = 0;
  };

  void watch(int fd);
  void acceptAll();
  void echoDatagrams();
  void serveConnection(int fd);

  Fd epoll_, tcp_, udp_;
  std::unordered_map<int, Connection> connections_;
  std::unique_ptr<char[]> buffer_{new char[bufferBytes]};
};

int TrafficServer::open(const std::string& netns, uint32_t tcpPort, uint32_t udpPort, const char*& failed) {
  NetnsScope scope;
  failed = "setns";
  int error = scope.enter(netns);
  if (error != 0) return error;
  failed = "socket";
  epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  tcp_ = Fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  udp_ = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!epoll_ || !tcp_ || !udp_) return errno;
  int one = 1, wide = 4 << 20;
  setsockopt(tcp_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(udp_.get(), SOL_SOCKET, SO_RCVBUF, &wide, sizeof wide);
  sockaddr_in tcp = socketAddress("0.0.0.0", tcpPort), udp = socketAddress("0.0.0.0", udpPort);
  failed = "bind";
  if (bind(tcp_.get(), reinterpret_cast<sockaddr*>(&tcp), sizeof tcp) != 0) return errno;
  if (bind(udp_.get(), reinterpret_cast<sockaddr*>(&udp), sizeof udp) != 0) return errno;
  failed = "listen";
  if (listen(tcp_.get(), backlog) != 0) return errno;
  watch(tcp_.get());
  watch(udp_.get());
  return 0;
}

void TrafficServer::watch(int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void TrafficServer::serve() {
  epoll_event events[64];
  for (;;) {
    int ready = epoll_wait(epoll_.get(), events, 64, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == tcp_.get()) acceptAll();
      else if (fd == udp_.get()) echoDatagrams();
      else serveConnection(fd);
    }
  }
}

void TrafficServer::acceptAll() {
  for (;;) {
    int fd = accept4(tcp_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connections_[fd] = {};
    watch(fd);
  }
}

void TrafficServer::echoDatagrams() {
  sockaddr_in from;
  for (int i = 0; i < 64; i++) {
    socklen_t bytes = sizeof from;
    ssize_t got = recvfrom(udp_.get(), buffer_.get(), bufferBytes, 0, reinterpret_cast<sockaddr*>(&from), &bytes);
    if (got < 0) return;
    // A lost answer is the client's to notice.
    sendto(udp_.get(), buffer_.get(), static_cast<size_t>(got), 0, reinterpret_cast<sockaddr*>(&from), bytes);
  }
}

void TrafficServer::serveConnection(int fd) {
  Connection& connection = connections_[fd];
  ssize_t got = read(fd, buffer_.get(), bufferBytes);
  bool isOver = got == 0 || (got < 0 && errno != EAGAIN);
  const char* data = buffer_.get();
  if (got > 0 && connection.service == 0) {
    connection.service = *data++;
    got--;
    if (connection.service == static_cast<char>(Service::once)) isOver = write(fd, "!", 1) >= 0;
  }
  // Questions are short and asked one at a time: an answer always fits the socket.
  if (got > 0 && connection.service == static_cast<char>(Service::echo)) isOver = write(fd, data, static_cast<size_t>(got)) != got;
  if (!isOver) return;
  close(fd);
  connections_.erase(fd);
}

/// startTrafficServer(netnsPath, tcpPort, udpPort): serves on a thread of its own until the process ends.
void startTrafficServer(const Napi::CallbackInfo& info) {
  auto server = std::make_unique<TrafficServer>();
  const char* failed = "";
  int error = server->open(info[0].As<Napi::String>().Utf8Value(), numberArgument(info, 1), numberArgument(info, 2), failed);
  if (error != 0) {
    throwSystemError(info.Env(), failed, error);
    return;
  }
  std::thread([running = server.release()] { running->serve(); }).detach();
}

}  // namespace

sockaddr_in socketAddress(const std::string& address, uint32_t port) {
  sockaddr_in result = {};
  result.sin_family = AF_INET;
  result.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  return result;
}

void defineTrafficServer(Napi::Env env, Napi::Object& exports) {
  exports.Set("startTrafficServer", Napi::Function::New<startTrafficServer>(env, "startTrafficServer"));
}

}  // namespace softipu
