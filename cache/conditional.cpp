#include "cache/conditional.h"

#include <algorithm>

#include "base/http_date.h"
#include "base/list.h"
#include "base/text.h"
#include "cache/cache_control.h"

namespace pgw::cache {
namespace {

struct EntityTag {
  bool weak;
  std::string_view opaque;  // with its quotes
};

// Takes one entity-tag from the front of `text`. A backslash in it is no escape (RFC 9110 8.8.3), so that a
// base::ListReader would not do.
std::optional<EntityTag> take_entity_tag(std::string_view& text) {
  const auto start = text.find_first_not_of(" \t,");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start);
  const bool weak = text.starts_with("W/");
  if (weak) text.remove_prefix(2);
  if (!text.starts_with('"')) return std::nullopt;
  const auto end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  const EntityTag tag{weak, text.substr(0, end + 1)};
  text.remove_prefix(end + 1);
  return tag;
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
  return take_entity_tag(text);
}

// What is no entity-tag (some origins leave out the quotes) is the same only as itself.
bool same_weakly(std::string_view a, std::string_view b) {
  const auto first = parse_entity_tag(a);
  const auto second = parse_entity_tag(b);
  return first && second ? first->opaque == second->opaque : a == b;
}

bool same_strongly(std::string_view a, std::string_view b) {
  const auto first = parse_entity_tag(a);
  const auto second = parse_entity_tag(b);
  return first && second && !first->weak && !second->weak && first->opaque == second->opaque;
}

bool none_match_lists(std::string_view value, std::string_view etag) {
  if (base::trim(value) == "*") return true;
  const auto stored = parse_entity_tag(etag);
  if (!stored) return false;
  while (const auto tag = take_entity_tag(value)) {
    if (tag->opaque == stored->opaque) return true;
  }
  return false;
}

std::optional<TimePoint> date_of(const Entry& entry) {
  const auto date = find_in_block(entry.headers, "Date");
  return date ? base::parse_http_date(*date, entry.response_time) : std::nullopt;
}

// RFC 9110 13.1.5. A date matches only exactly, and only when it is a strong validator (8.8.2.2).
bool if_range_holds(const Entry& entry, std::string_view value, TimePoint now) {
  if (parse_entity_tag(value)) return same_strongly(value, entry.etag);
  const auto date = base::parse_http_date(value, now);
  const auto stored_date = date_of(entry);
  const auto modified = entry.last_modified_time();
  return date && modified && *date == *modified && stored_date && *stored_date - *modified >= std::chrono::seconds(1);
}

// Digits to a position; overflow saturates, which is beyond the end of anything.
std::optional<std::size_t> parse_position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    constexpr std::size_t kLimit = (SIZE_MAX - 9) / 10;
    value = value > kLimit ? SIZE_MAX : value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

RangeVerdict read_range(std::string_view spec, std::size_t size) {
  using Kind = RangeVerdict::Kind;
  const auto dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view from = spec.substr(0, dash);
  const std::string_view to = spec.substr(dash + 1);
  const auto last = parse_position(to);
  if (!to.empty() && !last) return {};
  if (from.empty()) {
    if (!last) return {};
    if (*last == 0 || size == 0) return {Kind::unsatisfiable, {}};
    return {Kind::partial, {size - std::min(*last, size), size - 1}};
  }
  const auto first = parse_position(from);
  if (!first || (last && *last < *first)) return {};
  if (*first >= size) return {Kind::unsatisfiable, {}};
  return {Kind::partial, {*first, std::min(last.value_or(size - 1), size - 1)}};
}

}  // namespace

bool not_modified(const Entry& entry, HeaderSpan request_headers, TimePoint now) {
  if (entry.status != 200) return false;
  bool has_none_match = false;
  for (const Header& header : request_headers) {
    if (!base::iequals(header.name, "If-None-Match")) continue;
    has_none_match = true;
    if (none_match_lists(header.value, entry.etag)) return true;
  }
  if (has_none_match) return false;
  const auto since = find(request_headers, "If-Modified-Since");
  if (!since) return false;
  const auto since_time = base::parse_http_date(*since, now);
  const auto modified = entry.last_modified.empty() ? date_of(entry) : entry.last_modified_time();
  return since_time && modified && *modified <= *since_time;
}

std::vector<Header> validators(const Entry& entry, bool invalidated) {
  std::vector<Header> fields;
  if (entry.etag_from_origin) fields.push_back({"If-None-Match", entry.etag});
  const bool date_will_do = !invalidated || entry.etag_from_origin;
  if (!entry.last_modified.empty() && date_will_do) fields.push_back({"If-Modified-Since", entry.last_modified});
  return fields;
}

bool selects(HeaderSpan not_modified_headers, const Entry& entry) {
  if (const auto etag = find(not_modified_headers, "ETag")) {
    return entry.etag_from_origin && same_weakly(*etag, entry.etag);
  }
  const auto modified = find(not_modified_headers, "Last-Modified");
  return !modified || entry.last_modified.empty() || entry.etag_from_origin || *modified == entry.last_modified;
}

RangeVerdict select_range(const Entry& entry, HeaderSpan request_headers, TimePoint now) {
  const auto range = find(request_headers, "Range");
  if (!range || entry.status != 200) return {};
  const auto condition = find(request_headers, "If-Range");
  if (condition && !if_range_holds(entry, *condition, now)) return {};
  constexpr std::string_view kUnit = "bytes=";
  if (!base::iequals(range->substr(0, kUnit.size()), kUnit)) return {};
  const std::string_view spec = base::trim(range->substr(kUnit.size()));
  if (spec.find(',') != std::string_view::npos) return {};
  return read_range(spec, entry.body.size());
}

}  // namespace pgw::cache
