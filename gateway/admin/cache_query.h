// What an operator asks of the cache, read from the query of a request to the admin listener.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pgw::admin {

/// Names and values, percent-decoded, in the order of the query.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

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

/// all=true | tag=T | path=P | project=ID (short for path=/projects/ID) | operation=O | prefix=P | url=U | pattern=P,
/// and soft=true.
Parsed<PurgeRequest> parse_purge(const QueryParameters& query);

/// tag=T, operation=O, prefix=P, limit=N, in any combination.
Parsed<EntryFilter> parse_entry_filter(const QueryParameters& query);

/// %41 to A; what is no such triplet stays. A '+' is a plus.
std::string percent_decoded(const std::string& text);

}  // namespace pgw::admin
