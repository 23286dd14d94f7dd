/*
 * softipu-cni: the CNI plugin that a container runtime executes. It hands what it was given to the running softipu over a unix socket and prints the
 * answer, so that a call costs a process start and no more.
 *
 *   -> "CNI_COMMAND=ADD\0CNI_IFNAME=eth0\0...\0\0" then stdin, until the end of what we send
 *   <- "0\n" or "1\n" (exit status), then what stdout shall have
 *
 * The socket is `socket` of the configuration (a plain string; no escapes), or the default. VERSION is answered here. If nobody listens, DEL leaves the request in
 * `SOCKET.pending/` for the next start of softipu and succeeds, as the specification wants; everything else fails with "try again later".
 */
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char** environ;

namespace {

const char defaultSocket[] = "/run/softipu/cni.sock";
const char supported[] = "\"0.4.0\", \"1.0.0\", \"1.1.0\"";
const size_t maxInput = 4 << 20;

std::string fromEnvironment(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

/* Reads to the end; false on an error or if it is too long. */
bool readAll(int fd, std::string& into) {
  char buffer[16384];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n == 0) return true;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 || into.size() + n > maxInput) return false;
    into.append(buffer, n);
  }
}

bool writeAll(int fd, const std::string& from) {
  for (size_t at = 0; at < from.size();) {
    const ssize_t n = send(fd, from.data() + at, from.size() - at, MSG_NOSIGNAL);
    const ssize_t m = n < 0 && errno == ENOTSOCK ? write(fd, from.data() + at, from.size() - at) : n;
    if (m < 0 && errno == EINTR) continue;
    if (m <= 0) return false;
    at += m;
  }
  return true;
}

/* The string at a key of the configuration's top level, more or less: keys called `socket` deeper down would have to come first. */
std::string stringAt(const std::string& json, const std::string& key) {
  const std::string quoted = "\"" + key + "\"";
  for (size_t at = json.find(quoted); at != std::string::npos; at = json.find(quoted, at + 1)) {
    size_t i = json.find_first_not_of(" \t\r\n", at + quoted.size());
    if (i == std::string::npos || json[i] != ':') continue;
    i = json.find_first_not_of(" \t\r\n", i + 1);
    if (i == std::string::npos || json[i] != '"') continue;
    const size_t end = json.find('"', i + 1);
    if (end != std::string::npos) return json.substr(i + 1, end - i - 1);
  }
  return "";
}

int fail(const std::string& version, int code, const std::string& message, const std::string& details) {
  printf("{\"cniVersion\": \"%s\", \"code\": %d, \"msg\": \"%s\", \"details\": \"%s\"}\n", version.empty() ? "1.1.0" : version.c_str(),
         code, message.c_str(), details.c_str());
  return 1;
}

/* Leaves the request for later. The name keeps only what a file name may have. */
bool leaveForLater(const std::string& socket, const std::string& request) {
  const std::string directory = socket + ".pending";
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return false;
  std::string name = fromEnvironment("CNI_CONTAINERID") + "." + fromEnvironment("CNI_IFNAME");
  for (char& c : name) {
    if (c == '/') c = '_';
  }
  const std::string path = directory + "/" + name;
  const int fd = open((path + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool isWritten = writeAll(fd, request);
  return close(fd) == 0 && isWritten && rename((path + ".new").c_str(), path.c_str()) == 0;
}

}  // namespace

int main() {
  std::string config;
  const std::string command = fromEnvironment("CNI_COMMAND");
  if (!readAll(STDIN_FILENO, config)) return fail("", 5, "cannot read the configuration from stdin", "");
  const std::string version = stringAt(config, "cniVersion");
  if (command == "VERSION") {
    printf("{\"cniVersion\": \"%s\", \"supportedVersions\": [%s]}\n", version.empty() ? "1.1.0" : version.c_str(), supported);
    return 0;
  }
  if (command.empty()) return fail(version, 4, "CNI_COMMAND is not set", "this is a CNI plugin: container runtimes run it");

  std::string socketPath = stringAt(config, "socket");
  if (socketPath.empty()) socketPath = defaultSocket;
  std::string request;
  for (char** variable = environ; *variable; variable++) {
    const bool isWanted = strncmp(*variable, "CNI_", 4) == 0 || strncmp(*variable, "PATH=", 5) == 0;
    if (isWanted) request.append(*variable, strlen(*variable) + 1);
  }
  request.push_back('\0');
  request += config;

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socketPath.size() >= sizeof address.sun_path) return fail(version, 7, "the path of the socket is too long", socketPath);
  memcpy(address.sun_path, socketPath.c_str(), socketPath.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  const bool isAnswered = fd >= 0 && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && writeAll(fd, request) &&
                          shutdown(fd, SHUT_WR) == 0 && readAll(fd, answer) && answer.size() >= 2 && answer[1] == '\n';
  if (isAnswered) {
    fwrite(answer.data() + 2, 1, answer.size() - 2, stdout);
    return answer[0] - '0';
  }
  if (command == "DEL" && leaveForLater(socketPath, request)) return 0;
  // Packets of pods go through softipu: without it those that exist have no network either
  if (command == "STATUS") return fail(version, 51, "softipu does not run", "nobody answers on " + socketPath);
  return fail(version, 11, "softipu does not run", "nobody answers on " + socketPath);
}
