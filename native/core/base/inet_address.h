#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cotcp {

enum class AddressFamily : uint8_t { kNone = 0, kIpv4 = 4, kIpv6 = 6, kUnix = 1 };

// A socket address as a value: IPv4, IPv6 (with scope) or unix path (a leading NUL is the abstract namespace).
class InetAddress {
 public:
  InetAddress() = default;

  // Numeric addresses only; "fe80::1%lo" with a scope is one. nullopt for anything else.
  static std::optional<InetAddress> parse(std::string_view address, uint16_t port);
  // nullopt if the path does not fit sun_path.
  static std::optional<InetAddress> unixPath(std::string_view path);
  static InetAddress fromSockaddr(const sockaddr* address, socklen_t length);

  const sockaddr* get() const;
  socklen_t length() const { return length_; }
  int family() const;  // AF_*

  // As it is told to people: an IPv4-mapped IPv6 address is IPv4.
  AddressFamily shownFamily() const;
  std::string address() const;  // "" for unix
  uint16_t port() const;        // 0 for unix
  std::string path() const;     // "" unless unix

  // Same family, address and port (used to detect a self-connect). Unix: never.
  bool sameEndpoint(const InetAddress& other) const;

 private:
  static InetAddress fromUnix(const sockaddr_un& address, socklen_t length);

  // What a connection keeps for its life is small; the 110 bytes of a unix address lie apart, shared by its copies.
  union Storage {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Storage storage_{};
  socklen_t length_ = 0;
  std::shared_ptr<const sockaddr_un> unix_;
};

}  // namespace cotcp
