// Conditional and range requests against a stored entry (RFC 9110 13, 14), and the validators to ask upstream with.
// Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cache/entry.h"
#include "cache/header.h"
#include "cache/time.h"

namespace pgw::cache {

// May a client's GET or HEAD be answered with 304 from this entry? If-None-Match by weak comparison; only without it
// If-Modified-Since (RFC 9110 13.2.2). Only for an entry of status 200.
bool not_modified(const Entry& entry, HeaderSpan request_headers, TimePoint now);

// The fields that revalidate this entry upstream (RFC 9111 4.3.1): If-None-Match when the origin gave an ETag, and
// If-Modified-Since when it gave Last-Modified. An entry that a write has invalidated needs the ETag: a date of whole
// seconds may not tell two versions of the same second apart (RFC 9110 8.8.2.2). Empty when it can't be revalidated.
// Views into the entry.
std::vector<Header> validators(const Entry& entry, bool invalidated);

// Does a 304 with these fields speak of this entry (RFC 9111 4.3.4)? Not when it names another ETag or Last-Modified.
bool selects(HeaderSpan not_modified_headers, const Entry& entry);

struct ByteRange {
  std::size_t first;
  std::size_t last;  // inclusive
};
struct RangeVerdict {
  enum class Kind {
    whole,          // no range, several ranges, another unit, malformed, or If-Range says no: send 200 with everything
    partial,        // 206 with `range`
    unsatisfiable,  // 416 with "Content-Range: bytes */size"
  };
  Kind kind = Kind::whole;
  ByteRange range{0, 0};
};
// A single byte range of an entry of status 200 (RFC 9110 14.2), with If-Range by strong comparison (13.1.5).
RangeVerdict select_range(const Entry& entry, HeaderSpan request_headers, TimePoint now);

}  // namespace pgw::cache
