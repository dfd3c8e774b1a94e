// Compression to clients: which coding a response goes out in, and what its fields say then.
//
// What is stored, checked and searched for the credential is always the response as it came: a coding is put on at the
// very end. Each coding has an ETag of its own (RFC 9110 section 8.8.3.3): "abc" is "abc--gzip" in gzip. Ranges are cut
// from the response as it came; a request for one gets no coding unless it refuses identity.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/cache.h"
#include "config/settings.h"
#include "gateway/http/coding.h"
#include "gateway/http/message.h"

namespace pgw::pipeline {

struct RequestContext;

/// Above this a body that is there as a whole is left as it is: its coding would hold a worker up.
constexpr std::size_t coded_at_most = std::size_t{1024} * 1024;

/// What is chosen for one response.
struct CodingChoice {
  std::optional<http::Coding> coding;
  bool varies = false;   ///< another request would get another coding: the answer must say so in Vary
  bool is_must = false;  ///< identity is refused
};

/// Of a response that is streamed or relayed. `length`: of its body, if known.
CodingChoice choose_coding(const RequestContext& context, int status, const http::Fields& fields,
                           std::optional<std::uint64_t> length);

/// Of a stored one.
CodingChoice choose_coding(const RequestContext& context, const cache::Entry& entry);

/// The stored response in that coding, made now if nobody has made it yet; or itself, where that doesn't pay or another
/// request is just making it.
cache::EntryPtr in_coding(RequestContext& context, const cache::EntryPtr& entry, const CodingChoice& choice,
                          cache::TimePoint now);

/// Says in the fields of a response what the choice has made of it. `is_coded` false: it goes out as it is.
void tell_coding(http::Fields& fields, const CodingChoice& choice, bool is_coded);

/// The line that a stored response needs where the choice `varies` and it doesn't say so itself.
void append_vary(std::string& lines, std::string_view stored_lines);

/// "abc--gzip" of "abc".
std::string coded_etag(std::string_view etag, http::Coding coding);

/// A client's If-Match or If-None-Match for the upstream, which knows no codings of ours.
std::string without_codings(std::string_view etags);

/// Counts a response that goes out in a coding.
void note_coded(const RequestContext& context, http::Coding coding);

}  // namespace pgw::pipeline
