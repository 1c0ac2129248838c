#include "core/base/inet_address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstddef>
#include <cstring>

#include "test/harness.h"

namespace {

using cotcp::AddressFamily;
using cotcp::InetAddress;
using namespace std::string_literals;

InetAddress parsed(std::string_view address, uint16_t port) {
  const auto result = InetAddress::parse(address, port);
  if (!result) cotcp::test::abandon(__FILE__, __LINE__, "does not parse: " + std::string(address));
  return *result;
}

TEST("an address by default is none") {
  const InetAddress none;
  CHECK_EQUAL(none.length(), socklen_t{0});
  CHECK_EQUAL(none.family(), AF_UNSPEC);
  CHECK(none.shownFamily() == AddressFamily::kNone);
  CHECK_EQUAL(none.address(), "");
  CHECK_EQUAL(none.port(), 0);
  CHECK_EQUAL(none.path(), "");
  CHECK(!none.sameEndpoint(none));
}

TEST("an IPv4 address keeps its address and port") {
  const InetAddress address = parsed("192.0.2.7", 9981);
  CHECK_EQUAL(address.family(), AF_INET);
  CHECK_EQUAL(address.length(), socklen_t{sizeof(sockaddr_in)});
  CHECK(address.shownFamily() == AddressFamily::kIpv4);
  CHECK_EQUAL(address.address(), "192.0.2.7");
  CHECK_EQUAL(address.port(), 9981);
  CHECK_EQUAL(address.path(), "");
  const auto* raw = reinterpret_cast<const sockaddr_in*>(address.get());
  CHECK_EQUAL(raw->sin_port, htons(9981));
  CHECK_EQUAL(raw->sin_addr.s_addr, htonl(0xC0000207));
}

TEST("an IPv6 address is shown in its canonical form") {
  const InetAddress address = parsed("2001:DB8:0:0:0:0:0:1", 65535);
  CHECK_EQUAL(address.family(), AF_INET6);
  CHECK_EQUAL(address.length(), socklen_t{sizeof(sockaddr_in6)});
  CHECK(address.shownFamily() == AddressFamily::kIpv6);
  CHECK_EQUAL(address.address(), "2001:db8::1");
  CHECK_EQUAL(address.port(), 65535);
}

TEST("the IPv4 part that was tried first leaves no trace in an IPv6 address") {
  const InetAddress any = parsed("::", 0);
  sockaddr_in6 expected{};
  expected.sin6_family = AF_INET6;
  CHECK(std::memcmp(any.get(), &expected, sizeof(expected)) == 0);
}

TEST("an IPv4-mapped address stays IPv6 for the kernel and is shown as IPv4") {
  const InetAddress mapped = parsed("::ffff:192.0.2.7", 80);
  CHECK_EQUAL(mapped.family(), AF_INET6);
  CHECK(mapped.shownFamily() == AddressFamily::kIpv4);
  CHECK_EQUAL(mapped.address(), "192.0.2.7");
  CHECK_EQUAL(mapped.port(), 80);
}

TEST("a scope is taken by name and by number, and shown by name") {
  const unsigned index = ::if_nametoindex("lo");
  if (index == 0) return;  // a namespace without a loopback interface
  const InetAddress byName = parsed("fe80::1%lo", 1);
  const InetAddress byNumber = parsed("fe80::1%" + std::to_string(index), 1);
  CHECK_EQUAL(reinterpret_cast<const sockaddr_in6*>(byName.get())->sin6_scope_id, index);
  CHECK_EQUAL(byName.address(), "fe80::1%lo");
  CHECK_EQUAL(byNumber.address(), "fe80::1%lo");
  CHECK(byName.sameEndpoint(byNumber));
}

TEST("a scope without an interface is shown by its number") {
  const InetAddress address = parsed("fe80::1%4000000", 1);
  CHECK_EQUAL(address.address(), "fe80::1%4000000");
  CHECK(!address.sameEndpoint(parsed("fe80::1", 1)));
}

TEST("what is no numeric address does not parse") {
  for (const std::string& text : {""s,
                                  "localhost"s,
                                  "127.0.0.1 "s,
                                  " 127.0.0.1"s,
                                  "127.1"s,
                                  "127.0.0.256"s,
                                  "0x7f000001"s,
                                  "127.0.0.01x"s,
                                  "127.0.0.1%lo"s,
                                  "127.0.0.1\0"s,
                                  "127.0.0.1\0.example"s,
                                  "::1\0"s,
                                  "[::1]"s,
                                  ":::"s,
                                  "1:2:3:4:5:6:7"s,
                                  "%lo"s,
                                  "fe80::1%"s,
                                  "fe80::1%0"s,
                                  "fe80::1%no-such-if"s,
                                  "fe80::1%1x"s,
                                  "fe80::1%-1"s,
                                  "fe80::1%4294967296"s,
                                  "fe80::1%lo%lo"s,
                                  "fe80::1%a-name-that-is-too-long-for-an-interface"s,
                                  std::string(100'000, '1')}) {
    if (InetAddress::parse(text, 1)) cotcp::test::reportFailure(__FILE__, __LINE__, "parses: " + text.substr(0, 60));
  }
}

TEST("a unix path keeps its bytes and its terminator") {
  const auto address = InetAddress::unixPath("/tmp/socket");
  REQUIRE(address.has_value());
  CHECK_EQUAL(address->family(), AF_UNIX);
  CHECK(address->shownFamily() == AddressFamily::kUnix);
  CHECK_EQUAL(address->path(), "/tmp/socket");
  CHECK_EQUAL(address->address(), "");
  CHECK_EQUAL(address->port(), 0);
  CHECK_EQUAL(address->length(), socklen_t{offsetof(sockaddr_un, sun_path) + 12});
}

TEST("an abstract unix name keeps every byte, NULs included") {
  const std::string name = "\0a\0b\0"s;
  const auto address = InetAddress::unixPath(name);
  REQUIRE(address.has_value());
  CHECK_EQUAL(address->path(), name);
  CHECK_EQUAL(address->length(), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
}

TEST("a unix path fits up to 107 bytes, an abstract name up to 108") {
  CHECK(InetAddress::unixPath(std::string(107, 'a')).has_value());
  CHECK(!InetAddress::unixPath(std::string(108, 'a')));
  CHECK(InetAddress::unixPath("\0"s + std::string(107, 'a')).has_value());
  CHECK(!InetAddress::unixPath("\0"s + std::string(108, 'a')));
  CHECK_EQUAL(InetAddress::unixPath(std::string(107, 'a'))->path(), std::string(107, 'a'));
}

TEST("a unix path that the kernel would cut short is refused") {
  CHECK(!InetAddress::unixPath(""));
  CHECK(!InetAddress::unixPath("/tmp/a\0b"s));
}

TEST("a sockaddr comes back as it went in") {
  for (const InetAddress& address : {parsed("192.0.2.7", 1), parsed("2001:db8::1", 2), parsed("fe80::1%7", 3),
                                     *InetAddress::unixPath("/x"), *InetAddress::unixPath("\0x"s)}) {
    const InetAddress copy = InetAddress::fromSockaddr(address.get(), address.length());
    CHECK_EQUAL(copy.length(), address.length());
    CHECK(std::memcmp(copy.get(), address.get(), address.length()) == 0);
  }
}

TEST("an unnamed unix socket has an empty path") {
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  const auto address =
      InetAddress::fromSockaddr(reinterpret_cast<const sockaddr*>(&unnamed), offsetof(sockaddr_un, sun_path));
  CHECK(address.shownFamily() == AddressFamily::kUnix);
  CHECK_EQUAL(address.path(), "");
}

TEST("a unix path that fills sun_path without a terminator is read to its end") {
  sockaddr_un full{};
  full.sun_family = AF_UNIX;
  std::memset(full.sun_path, 'p', sizeof(full.sun_path));
  // unix(7): the kernel tells one more byte than there is room for.
  const auto address = InetAddress::fromSockaddr(reinterpret_cast<const sockaddr*>(&full), sizeof(full) + 1);
  CHECK_EQUAL(address.path(), std::string(sizeof(full.sun_path), 'p'));
}

TEST("a sockaddr that is too short or of another family is none") {
  const InetAddress v4 = parsed("192.0.2.7", 1);
  const InetAddress v6 = parsed("::1", 1);
  CHECK_EQUAL(InetAddress::fromSockaddr(v4.get(), sizeof(sockaddr_in) - 1).length(), socklen_t{0});
  CHECK_EQUAL(InetAddress::fromSockaddr(v6.get(), sizeof(sockaddr_in6) - 1).length(), socklen_t{0});
  CHECK_EQUAL(InetAddress::fromSockaddr(v4.get(), 0).length(), socklen_t{0});
  sockaddr other{};
  other.sa_family = AF_APPLETALK;
  CHECK(InetAddress::fromSockaddr(&other, sizeof(other)).shownFamily() == AddressFamily::kNone);
}

TEST("two endpoints are the same by family, address and port") {
  CHECK(parsed("192.0.2.7", 1).sameEndpoint(parsed("192.0.2.7", 1)));
  CHECK(!parsed("192.0.2.7", 1).sameEndpoint(parsed("192.0.2.7", 2)));
  CHECK(!parsed("192.0.2.7", 1).sameEndpoint(parsed("192.0.2.8", 1)));
  CHECK(parsed("::1", 1).sameEndpoint(parsed("::1", 1)));
  CHECK(!parsed("::1", 1).sameEndpoint(parsed("::2", 1)));
  CHECK(!parsed("::ffff:192.0.2.7", 1).sameEndpoint(parsed("192.0.2.7", 1)));
  CHECK(!InetAddress::unixPath("/x")->sameEndpoint(*InetAddress::unixPath("/x")));
}

}  // namespace
