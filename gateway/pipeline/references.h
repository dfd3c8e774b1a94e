// URI references in the upstream's responses, as tags of the cache.
#pragma once

#include <string_view>

#include "cache/tags.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::pipeline {

/// What a write tags as changed by naming `reference` in Location or Content-Location (RFC 9111 section 4.4), relative
/// to the write's own target or not (RFC 3986 section 5.2). Empty unless it is of the upstream's own origin and a path
/// of the contract; a slash more at its end is forgiven.
cache::Tags tags_of_reference(const Runtime& runtime, const contract::Match& write, std::string_view reference);

/// What a write to `path` makes stale: percent-encoded, with or without the contract's base path. Empty if no operation
/// has such a path.
cache::Tags tags_of_path(const Runtime& runtime, std::string_view path);

/// The segments of a matched path with their values; views into both arguments.
std::vector<cache::Segment> segments_of(const contract::Match& match);

}  // namespace pgw::pipeline
