// How what an operator names meets what the cache holds. Raw and encoded forms are one: an operator copies a target
// from a client, a log or the listing, and a purge that misses by an encoding misses silently.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/key.h"
#include "cache/tags.h"

namespace pgw::service {

/// Path and query of an entry as the listing tells them.
std::string target_of(const cache::KeyParts& parts);

/// Whether an entry's target begins with `prefix`, both decoded; or has its path, and pairs that begin so, in any
/// order.
bool target_starts_with(const cache::KeyParts& parts, std::string_view prefix);

/// Whether it is that very target, both decoded. Without a query: with any.
bool is_target(const cache::KeyParts& parts, std::string_view target);

/// Whether the entry's path, decoded, is of this form: "*" stands for any text without a slash, "**" for any text.
bool path_matches(const cache::KeyParts& parts, std::string_view pattern);

/// What a URL may mean: it may be absolute, and begin with the path under which clients find the API.
std::vector<std::string> targets_named(std::string_view url, std::string_view base_path);

/// The tags that `text` may mean: "projects/pr_1", "/projects/pr_1", raw, encoded, or both at once.
cache::Tags tags_named(std::string_view text);

}  // namespace pgw::service
