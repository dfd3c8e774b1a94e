// A stored response. Immutable once made, and shared: `std::shared_ptr<const Entry>` is handed to whoever serves it and
// stays valid however long that takes, evicted or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/freshness.h"
#include "cache/generations.h"
#include "cache/header.h"
#include "cache/slice.h"
#include "cache/time.h"
#include "cache/vary.h"

namespace pgw::cache {

// One allocation holds the entry, its texts and its body, behind each other.
struct Entry {
  Slice key;  // primary key
  // End-to-end fields as "Name: value\r\n" lines, ready to be sent. Without Age and Content-Length: they depend on the
  // moment and the framing. With an ETag, made from the body when the origin sent none.
  Slice headers;
  Slice etag;           // as in `headers`; empty when there is none
  Slice last_modified;  // as the origin wrote it; empty when absent or invalid
  Slice tags;           // texts of the tags, separated by spaces; for listings and purges
  Slice body;
  std::unique_ptr<const Vary> selected_by;  // null: by nothing
  std::uint16_t status = 0;
  bool etag_from_origin = false;          // only such a one is worth sending upstream
  std::uint32_t not_modified_length = 0;  // of `headers`: what doesn't describe the body stands first
  TimePoint response_time;
  Duration initial_age{0};
  Freshness freshness;
  Snapshot snapshot;

  // The part of `headers` that a 304 repeats: all but what describes a body that isn't sent (RFC 9110 15.4.5).
  std::string_view not_modified_headers() const { return headers.view().substr(0, not_modified_length); }
  const Vary& vary() const;
  void select_by(Vary vary);
  std::optional<TimePoint> last_modified_time() const;
  // RFC 9111 4.2.3; never negative.
  Duration age(TimePoint now) const;
  // Negative once stale.
  Duration ttl(TimePoint now) const { return freshness.lifetime.value - age(now); }
  // RFC 5861 4: may it stand in for an error? Not when it is a server error itself, which would be no better.
  bool usable_on_error(TimePoint now, const RequestDirectives& request) const;
  bool has_validator() const { return etag_from_origin || !last_modified.empty(); }
  // Every byte that keeping this entry costs: object, texts, allocator overhead.
  std::size_t size_bytes() const;
};
using EntryPtr = std::shared_ptr<const Entry>;

// Which response fields are kept in a stored copy (RFC 9111 3.1). Not kept: Connection and the fields that it names,
// the other hop-by-hop fields, Age and Content-Length (see `Entry::headers`), and fields named by no-cache="..." or
// private="...". Set-Cookie is not kept either, unless the rule says so and the origin itself gives a lifetime: RFC
// 9111 7.3 leaves it to the origin's Cache-Control, but few origins that send both mean that all callers share a
// session.
class FieldFilter {
 public:
  FieldFilter(HeaderSpan response_headers, const ResponseDirectives& directives, bool keeps_cookies);
  bool keeps(std::string_view name) const;

 private:
  std::vector<std::string> dropped_;  // lower case, beside those that are always dropped
};

// What stands behind an entry.
struct EntryTexts {
  std::string_view key, headers, tags, etag, last_modified, body;
};

// A new entry with these texts, and nothing else set but `not_modified_length`. Of `headers` those that describe the
// body stand last. Throws std::bad_alloc for more than Slices can count, too.
std::shared_ptr<Entry> allocate_entry(const EntryTexts& texts);

// What an entry is made of, beside the response itself.
struct EntryContext {
  std::string_view key;
  HeaderSpan request_headers;
  const Rule& rule;
  const Snapshot& snapshot;
  std::string_view tags;
  TimePoint request_time;
  TimePoint response_time;
  std::string_view targeted_field;
  Duration wall_ahead{
      0};  // by how much the wall clock is ahead of these times: what Date and Expires are compared with
};

// The response's end-to-end fields that the entry made of it does not keep: they are for the one who asked, and for
// nobody else. Of a 304 without those about the bytes of a body, which is the stored one (RFC 9111 3.2). Views into
// `response_headers`.
std::vector<Header> unstored_fields(int status, HeaderSpan response_headers, const Entry& entry);

std::shared_ptr<Entry> make_entry(const EntryContext& context, int status, HeaderSpan headers, std::string_view body);

// The same response with its body in a content coding: with that ETag, if it has one, and Content-Encoding; without
// Accept-Ranges. Not to be stored under a key: it has no tags.
std::shared_ptr<Entry> make_alternative(const Entry& of, std::string_view coding, std::string_view etag,
                                        std::string_view body);

// RFC 9111 3.2, 4.3.4: the stored fields with those of a 304, which replace those of the same name, but for the ones
// about the bytes of the stored body (Content-Encoding, Content-Range, Content-MD5, Content-Length). Date comes from
// the 304 or not at all. Views into both.
std::vector<Header> merge_fields(const Entry& stored, HeaderSpan not_modified_headers);

// `stored` with such merged fields and a copy of its body.
std::shared_ptr<Entry> update_entry(const EntryContext& context, const Entry& stored, HeaderSpan merged_fields);

}  // namespace pgw::cache
