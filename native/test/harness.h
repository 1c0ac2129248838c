#pragma once

// A test is a .cc file of TEST("sentence") blocks. Those of a layer are one program, and this header brings its main(): it runs the
// file that its first argument names, without .cc; a second one leaves only the titles that contain it. CHECK notes a failure and
// goes on; REQUIRE, for what the rest cannot do without, ends the program.

#include <cstdio>
#include <cstdlib>
#include <expected>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cotcp::test {

struct TestCase {
  std::string_view file;
  const char* title;
  void (*body)();
};

inline std::vector<TestCase>& allTests() {
  static std::vector<TestCase> tests;
  return tests;
}

inline int& failuresOfTest() {
  static int failures = 0;
  return failures;
}

struct Registration {
  Registration(std::string_view file, const char* title, void (*body)()) { allTests().push_back({file, title, body}); }
};

inline void reportFailure(const char* file, int line, const std::string& what) {
  std::fprintf(stderr, "    %s:%d: %s\n", file, line, what.c_str());
  ++failuresOfTest();
}

template <typename T>
std::string shown(const T& value) {
  if constexpr (requires { std::declval<std::ostringstream&>() << +value; }) {
    return (std::ostringstream() << +value).str();  // + shows a uint8_t as a number
  } else if constexpr (requires { std::declval<std::ostringstream&>() << value; }) {
    return (std::ostringstream() << value).str();
  } else {
    return "(a value)";
  }
}

template <typename A, typename B>
void checkEqual(const A& actual, const B& expected, const char* text, const char* file, int line) {
  if (actual == expected) return;
  reportFailure(file, line, std::string(text) + " is " + shown(actual) + ", expected " + shown(expected));
}

[[noreturn]] inline void abandon(const char* file, int line, const std::string& what) {
  reportFailure(file, line, what);
  std::fprintf(stderr, "abandoned: the rest cannot run without this\n");
  std::exit(1);
}

// The value of a Result, or the end of the program with the error's name.
template <typename T, typename E>
T valueOf(std::expected<T, E> result, const char* text, const char* file, int line) {
  if (!result) {
    abandon(file, line, std::string(text) + ": " + result.error().syscall + " " + shown(result.error().code));
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline int runFile(std::string_view name, std::string_view filter) {
  const std::string ending = "/" + std::string(name) + ".cc";
  int passed = 0;
  int failed = 0;
  for (const TestCase& testCase : allTests()) {
    if (!testCase.file.ends_with(ending)) continue;
    if (std::string_view(testCase.title).find(filter) == std::string_view::npos) continue;
    failuresOfTest() = 0;
    testCase.body();
    const bool good = failuresOfTest() == 0;
    std::fprintf(stderr, "%s %s\n", good ? "  ok" : "FAIL", testCase.title);
    ++(good ? passed : failed);
  }
  std::fprintf(stderr, "%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace cotcp::test

#define COTCP_JOIN_(a, b) a##b
#define COTCP_JOIN(a, b) COTCP_JOIN_(a, b)

#define COTCP_TEST(title, body)                                                                      \
  static void body();                                                                                \
  static const ::cotcp::test::Registration COTCP_JOIN(registrationOf_, body)(__FILE__, title, body); \
  static void body()

// __COUNTER__, not __LINE__: several files are compiled as one.
#define TEST(title) COTCP_TEST(title, COTCP_JOIN(testBody, __COUNTER__))

#define CHECK(condition) \
  ((condition) ? void() : ::cotcp::test::reportFailure(__FILE__, __LINE__, #condition " is false"))

#define CHECK_EQUAL(actual, expected) ::cotcp::test::checkEqual(actual, expected, #actual, __FILE__, __LINE__)

#define REQUIRE(condition) ((condition) ? void() : ::cotcp::test::abandon(__FILE__, __LINE__, #condition " is false"))

#define VALUE_OF(result) ::cotcp::test::valueOf(result, #result, __FILE__, __LINE__)

int main(int argc, char** argv) { return cotcp::test::runFile(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : ""); }
