// The closed vocabularies of label values. Whatever is not in one is counted as "other": nothing that a caller of the
// gateway sends can make a new time series.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace pgw::metrics {

inline constexpr std::string_view other = "other";

/// Request methods (RFC 9110 section 9, RFC 5789).
inline constexpr std::array<std::string_view, 9> method_labels{"GET",    "HEAD",    "POST",  "PATCH",  "PUT",
                                                               "DELETE", "OPTIONS", "TRACE", "CONNECT"};

/// What the cache had to do with a response; "none": the request never came that far.
inline constexpr std::array<std::string_view, 7> cache_labels{"none", "hit",       "stale", "revalidated",
                                                              "miss", "collapsed", "pass"};

/// Why a request needed no upstream: answered from memory or by another request's fetch, or refused by the gateway.
inline constexpr std::array<std::string_view, 4> avoided_labels{"hit", "stale", "collapsed", "rejected"};

/// How a team's request ended: answered from memory, by the upstream (whatever its status), refused by the gateway, or
/// failed for want of an upstream answer (502, 503, 504).
inline constexpr std::array<std::string_view, 4> team_outcome_labels{"cached", "forwarded", "rejected", "failed"};

/// Where a validation failure sits; "response": the upstream's answer disagrees with the contract.
inline constexpr std::array<std::string_view, 5> location_labels{"path", "query", "header", "body", "response"};

/// What the upstream made of a request that the gateway would have rejected (`validation.requests: report`): refused it
/// too (400 or 422), accepted it (2xx: the contract is stricter than the service), or neither can be said.
inline constexpr std::array<std::string_view, 3> verdict_labels{"refused", "accepted", "unknown"};

/// Why stored responses became stale or were removed.
inline constexpr std::array<std::string_view, 2> invalidation_labels{"write", "purge"};

/// Content codings that clients get (RFC 9110 section 8.4.1).
inline constexpr std::array<std::string_view, 3> coding_labels{"gzip", "br", "zstd"};

/// Why a team's connection was closed or refused for the sake of others.
inline constexpr std::array<std::string_view, 3> turned_away_labels{"address", "room", "refused"};

/// Position in a vocabulary; its size for a value that isn't in it.
template <std::size_t Size>
constexpr std::size_t index_of(const std::array<std::string_view, Size>& labels, std::string_view value) {
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), value) - labels.begin());
}

/// The inverse; "other" beyond the vocabulary.
template <std::size_t Size>
constexpr std::string_view label_at(const std::array<std::string_view, Size>& labels, std::size_t index) {
  return index < Size ? labels[index] : other;
}

/// A status code as its label: three digits for 100 to 599, else "other".
std::string status_label(int status);

}  // namespace pgw::metrics
