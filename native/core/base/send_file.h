#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/io_error.h"

// A file as the source of a stream. Both calls borrow their descriptors.
namespace cotcp::sockets {

// Bytes of a regular file as it is now; EISDIR for a directory, EINVAL for whatever else has no bytes to send.
Result<uint64_t> fileSize(int file);

// One sendfile(2) from `offset` on; the position of the file is neither used nor moved. 0 = the file ends there. Raises no
// SIGPIPE; EINTR is retried inside.
Result<size_t> sendFile(int fd, int file, uint64_t offset, size_t length);

}  // namespace cotcp::sockets
