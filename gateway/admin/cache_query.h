// What an operator asks of the cache, read from a request to the admin listener.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pgw::admin {

/// What a purge names: exactly one of the first eight is set.
struct PurgeRequest {
  bool all = false;
  std::vector<std::string> tags;         ///< "projects", "projects/pr_1", or the origin's own
  std::optional<std::string> path;       ///< "/projects/pr_1": whatever a write to that path would make stale
  std::optional<std::string> operation;  ///< an operationId
  std::optional<std::string> prefix;     ///< of path?query as the entries are listed
  std::optional<std::string> url;        ///< path?query; without a query: with any
  std::optional<std::string> pattern;    ///< of a path: "*" for a segment or a part of one, "**" for anything
  std::optional<std::string> key;        ///< of one entry and its variants, as the entries are listed
  bool soft = false;                     ///< make stale instead of removing
};
constexpr std::size_t most_tags = 1'000;

enum class EntryOrder : std::uint8_t { key, hits, size, age, ttl };

/// Which entries to list, and in which order; what isn't set excludes nothing.
struct EntryFilter {
  std::optional<std::string> tag;
  std::optional<std::string> operation;
  std::optional<std::string> prefix;
  EntryOrder sort = EntryOrder::key;
  bool is_descending = false;
  std::size_t offset = 0;
  std::size_t limit = 100;
};
constexpr std::size_t most_entries = 10'000;
constexpr std::size_t most_offset = 1'000'000;

/// A request of a client that is to be explained: a GET of that URL with these fields.
struct WhyRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields;
};

/// A request, or a sentence about what is wrong with it.
template <class Request>
struct Parsed {
  Request request;
  std::string problem;  ///< empty: nothing
};

/// Queries as they come, still percent-encoded. A '+' is a plus. Refused: a parameter that is given twice, one that is
/// unknown, and text that is no UTF-8 or has a '%' without two digits.
///
/// all=true | tag=T | path=P | project=ID (short for path=/projects/ID) | operation=O | prefix=P | url=U | pattern=P |
/// key=K, and soft=true. A body is a JSON object with these members, and `tags`, a list; then there is no query.
Parsed<PurgeRequest> parse_purge(std::string_view query, std::string_view body = {});

/// tag=T, operation=O, prefix=P, sort=[-]key|hits|size|age|ttl, offset=N, limit=N, in any combination.
Parsed<EntryFilter> parse_entry_filter(std::string_view query);

/// url=U, and field.NAME=VALUE for each field of the request.
Parsed<WhyRequest> parse_why(std::string_view query);

}  // namespace pgw::admin
