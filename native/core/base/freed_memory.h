#pragma once

namespace cotcp {

// Lets the allocator keep what is freed, up to 62 MiB at the top of the heap, instead of giving it back to the kernel. Any
// thread, any number of times.
//
// Receive slabs are allocated and freed at the pace of the traffic. Given back each time, their pages are faulted in and
// zeroed again: at 16 KiB per message that was a tenth of the server's CPU (docs/decisions/008).
void keepFreedMemory();

}  // namespace cotcp
