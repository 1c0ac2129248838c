#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "core/base/io_error.h"

namespace cotcp {

// Bytes between a reader and a writer index, with room to prepend: the output and, in the native suite, the input of a
// connection. Owns its memory. Moves its data to the front before it grows. One thread.
//
//   | prependable | readable | writable |
//   0        readerIndex  writerIndex  size
class Buffer {
 public:
  static constexpr size_t kPrependBytes = 8;
  static constexpr size_t kInitialBytes = 1024;

  // Takes no memory until the first byte comes.
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  // What this buffer held goes with the temporary.
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    swap(taken);
    return *this;
  }
  void swap(Buffer& other) noexcept;

  size_t readableBytes() const;
  size_t writableBytes() const;
  size_t prependableBytes() const;

  std::span<const uint8_t> peek() const;
  void retrieve(size_t count);  // count <= readableBytes()
  void retrieveAll();

  void append(std::span<const uint8_t> bytes);
  void append(std::string_view text);
  void prepend(std::span<const uint8_t> bytes);  // bytes.size() <= prependableBytes()

  // Offsets from the reader index.
  std::optional<size_t> findCRLF(size_t from = 0) const;
  std::optional<size_t> findEOL(size_t from = 0) const;

  // Gives memory back that is not needed for what is readable. An empty buffer keeps nothing.
  void shrink();

  // One readv(2) into the tail and 64 KiB of stack. 0 = end of stream.
  Result<size_t> readFrom(int fd);

 private:
  void makeRoom(size_t count);
  void moveTo(size_t capacity);

  // An array and not a vector: growing must not fill with zeros what is overwritten next.
  std::unique_ptr<uint8_t[]> bytes_;
  size_t capacity_ = 0;
  size_t reader_ = kPrependBytes;
  size_t writer_ = kPrependBytes;
};

}  // namespace cotcp
