// What a read is stored under.
#pragma once

#include <string>
#include <string_view>

#include "cache/header.h"
#include "contract/contract.h"
#include "gateway/pipeline/runtime.h"

namespace pgw::pipeline {

/// Appends the key of a GET of `route`: its operation's prefix, path and query, and what the operation's rule says of
/// parameters and fields. Two queries have one key if they differ only in what the rule ignores, or in the order of
/// parameters that all are declared: those go by name (OpenAPI), and those of one name keep their order. Any other
/// difference that an origin may see makes another key (cache/key.h).
void append_cache_key(std::string& key, const Runtime& runtime, const contract::Match& route, std::string_view query,
                      cache::HeaderSpan request_fields);

}  // namespace pgw::pipeline
