// A saved cache, from one process to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgw::cache {

// Whose cache a saved one is: all must agree, or it is of no use.
struct ArchiveIdentity {
  std::string contract;  // stands for the API description
  std::string upstream;  // as in the keys
};

// The fingerprint of how keys, tags, their slots and entries are written in a saved cache. A file with another
// fingerprint is of no use to this program, whatever the versions say.
std::uint64_t archive_format();

enum class ArchiveFault {
  none,
  not_an_archive,
  other_format,
  other_contract,
  other_upstream,
  from_the_future,  // the clock went back since: ages can't be told
  damaged,          // cut off, or changed
};
std::string_view to_string(ArchiveFault fault);

struct Saved {
  std::size_t entries = 0;
  bool is_all = true;  // false: the time was up, so the least valuable entries are missing
};

struct Restored {
  ArchiveFault fault = ArchiveFault::none;
  std::size_t entries = 0;
};

}  // namespace pgw::cache
