// What an operator asks of the cache, read from the query of a request to the admin listener.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::admin {

/// What a purge names: exactly one of the first seven is set.
struct PurgeRequest {
  bool all = false;
  std::optional<std::string> tag;        ///< "projects" or "projects/pr_1"
  std::optional<std::string> path;       ///< "/projects/pr_1": whatever a write to that path would make stale
  std::optional<std::string> operation;  ///< an operationId
  std::optional<std::string> prefix;     ///< of path?query as the entries are listed
  std::optional<std::string> url;        ///< path?query; without a query: with any
  std::optional<std::string> pattern;    ///< of a path: "*" for a segment or a part of one, "**" for anything
  bool soft = false;                     ///< mark stale instead of removing
};

/// Which entries to list; what isn't set excludes nothing.
struct EntryFilter {
  std::optional<std::string> tag;
  std::optional<std::string> operation;
  std::optional<std::string> prefix;
  std::size_t limit = 100;
};
constexpr std::size_t most_entries = 10'000;

/// A request, or a sentence about what is wrong with its query.
template <class Request>
struct Parsed {
  Request request;
  std::string problem;  ///< empty: nothing
};

/// Queries as they come, still percent-encoded. A '+' is a plus. Refused: a parameter that is given twice, one that is
/// unknown, and text that is no UTF-8 or has a '%' without two digits.
///
/// all=true | tag=T | path=P | project=ID (short for path=/projects/ID) | operation=O | prefix=P | url=U | pattern=P,
/// and soft=true.
Parsed<PurgeRequest> parse_purge(std::string_view query);

/// tag=T, operation=O, prefix=P, limit=N, in any combination.
Parsed<EntryFilter> parse_entry_filter(std::string_view query);

}  // namespace pgw::admin
