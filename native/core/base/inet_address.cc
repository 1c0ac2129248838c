#include "core/base/inet_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace cotcp {

namespace {

constexpr size_t kUnixPathOffset = offsetof(sockaddr_un, sun_path);
constexpr size_t kUnixPathBytes = sizeof(sockaddr_un::sun_path);

// An interface by its name, else by its number. 0 is no interface.
std::optional<uint32_t> parseScope(std::string_view scope) {
  if (scope.empty()) return std::nullopt;
  if (scope.size() < IF_NAMESIZE) {
    const unsigned index = ::if_nametoindex(std::string(scope).c_str());
    if (index != 0) return index;
  }
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(scope.data(), scope.data() + scope.size(), number);
  if (error != std::errc{} || end != scope.data() + scope.size() || number == 0) return std::nullopt;
  return number;
}

std::string shownScope(uint32_t scope) {
  char name[IF_NAMESIZE];
  return ::if_indextoname(scope, name) != nullptr ? std::string(name) : std::to_string(scope);
}

bool isMapped(const sockaddr_in6& address) { return IN6_IS_ADDR_V4MAPPED(&address.sin6_addr); }

}  // namespace

std::optional<InetAddress> InetAddress::parse(std::string_view address, uint16_t port) {
  // inet_pton() reads to the first NUL: "127.0.0.1\0.example" must not pass for an address.
  if (address.find('\0') != std::string_view::npos) return std::nullopt;

  InetAddress result;
  if (::inet_pton(AF_INET, std::string(address).c_str(), &result.storage_.v4.sin_addr) == 1) {
    result.storage_.v4.sin_family = AF_INET;
    result.storage_.v4.sin_port = htons(port);
    result.length_ = sizeof(sockaddr_in);
    return result;
  }

  result.storage_ = {};
  sockaddr_in6& v6 = result.storage_.v6;
  const size_t percent = address.find('%');
  if (percent != std::string_view::npos) {
    const auto scope = parseScope(address.substr(percent + 1));
    if (!scope) return std::nullopt;
    v6.sin6_scope_id = *scope;
  }
  if (::inet_pton(AF_INET6, std::string(address.substr(0, percent)).c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  result.length_ = sizeof(sockaddr_in6);
  return result;
}

std::optional<InetAddress> InetAddress::unixPath(std::string_view path) {
  if (path.empty()) return std::nullopt;
  const bool abstract = path.front() == '\0';
  // A path keeps its terminator, which other programs rely on; an abstract name is all its bytes and has none.
  const size_t bytes = path.size() + (abstract ? 0 : 1);
  if (bytes > kUnixPathBytes) return std::nullopt;
  if (!abstract && path.find('\0') != std::string_view::npos) return std::nullopt;

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  return fromUnix(address, static_cast<socklen_t>(kUnixPathOffset + bytes));
}

InetAddress InetAddress::fromUnix(const sockaddr_un& address, socklen_t length) {
  InetAddress result;
  result.storage_.any.sa_family = AF_UNIX;
  result.unix_ = std::make_shared<const sockaddr_un>(address);
  result.length_ = length;
  return result;
}

InetAddress InetAddress::fromSockaddr(const sockaddr* address, socklen_t length) {
  InetAddress result;
  if (length < sizeof(sa_family_t)) return result;
  const socklen_t full = address->sa_family == AF_INET    ? socklen_t{sizeof(sockaddr_in)}
                         : address->sa_family == AF_INET6 ? socklen_t{sizeof(sockaddr_in6)}
                         : address->sa_family == AF_UNIX  ? socklen_t{sizeof(sockaddr_un)}
                                                          : socklen_t{0};
  if (full == 0) return result;
  // unix(7): only a unix address may be shorter than its structure; a path without terminator is told as longer.
  if (address->sa_family != AF_UNIX && length < full) return result;
  if (address->sa_family == AF_UNIX) {
    sockaddr_un path{};
    std::memcpy(&path, address, std::min(length, full));
    return fromUnix(path, std::min(length, full));
  }
  result.length_ = full;
  std::memcpy(&result.storage_, address, full);
  return result;
}

const sockaddr* InetAddress::get() const {
  return unix_ ? reinterpret_cast<const sockaddr*>(unix_.get()) : &storage_.any;
}

int InetAddress::family() const { return storage_.any.sa_family; }

AddressFamily InetAddress::shownFamily() const {
  switch (family()) {
    case AF_INET:
      return AddressFamily::kIpv4;
    case AF_INET6:
      return isMapped(storage_.v6) ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
    case AF_UNIX:
      return AddressFamily::kUnix;
    default:
      return AddressFamily::kNone;
  }
}

std::string InetAddress::address() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    ::inet_ntop(AF_INET, &storage_.v4.sin_addr, text, sizeof(text));
    return text;
  }
  if (family() != AF_INET6) return "";
  const sockaddr_in6& v6 = storage_.v6;
  if (isMapped(v6)) {
    ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof(text));
    return text;
  }
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  return v6.sin6_scope_id == 0 ? std::string(text) : std::string(text) + "%" + shownScope(v6.sin6_scope_id);
}

uint16_t InetAddress::port() const {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

std::string InetAddress::path() const {
  if (family() != AF_UNIX || length_ <= kUnixPathOffset) return "";
  const std::string_view bytes(unix_->sun_path, length_ - kUnixPathOffset);
  if (bytes.front() == '\0') return std::string(bytes);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

bool InetAddress::sameEndpoint(const InetAddress& other) const {
  if (family() != other.family() || port() != other.port()) return false;
  if (family() == AF_INET) return storage_.v4.sin_addr.s_addr == other.storage_.v4.sin_addr.s_addr;
  if (family() != AF_INET6) return false;
  const sockaddr_in6& a = storage_.v6;
  const sockaddr_in6& b = other.storage_.v6;
  return a.sin6_scope_id == b.sin6_scope_id && std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(in6_addr)) == 0;
}

}  // namespace cotcp
