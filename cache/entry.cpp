#include "cache/entry.h"

#include <algorithm>
#include <array>

#include <xxhash.h>

#include "cache/heap_cost.h"

namespace pgw::cache {
namespace {

constexpr std::array<std::string_view, 12> kNeverStored = {"connection",
                                                           "keep-alive",
                                                           "proxy-connection",
                                                           "te",
                                                           "trailer",
                                                           "transfer-encoding",
                                                           "upgrade",
                                                           "proxy-authenticate",
                                                           "age",
                                                           "proxy-authorization",
                                                           "proxy-authentication-info",
                                                           "content-length"};

// Fields about the bytes of the body, which a 304 doesn't bring.
constexpr std::array<std::string_view, 4> kOfTheBody = {"content-encoding", "content-range", "content-md5",
                                                        "content-length"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& list) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view item) { return equals_ignoring_case(item, name); });
}

std::string etag_of(const std::string& body) {
  const XXH128_hash_t hash = XXH3_128bits(body.data(), body.size());
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string etag = "\"";
  for (const unsigned char byte : bytes.digest) {
    etag += kHex[byte >> 4U];
    etag += kHex[byte & 15U];
  }
  return etag + '"';
}

void fill_validators(Entry& entry, const ResponseMeta& meta, HeaderSpan headers, std::string our_etag) {
  if (const auto etag = find(headers, "ETag")) {
    entry.etag = *etag;
    entry.etag_from_origin = true;
  } else if (entry.status == 200 || entry.status == 203) {
    entry.etag = our_etag.empty() ? etag_of(*entry.body) : std::move(our_etag);
    append_line(entry.headers, "ETag", entry.etag);
  }
  if (meta.last_modified) {
    entry.last_modified = *find(headers, "Last-Modified");
    entry.last_modified_time = meta.last_modified;
  }
}

// `our_etag`: the one made for this body before; empty to make it when needed.
std::shared_ptr<Entry> build(const EntryContext& context, int status, HeaderSpan headers,
                             std::shared_ptr<const std::string> body, std::string our_etag) {
  auto entry = std::make_shared<Entry>();
  const ResponseMeta meta = read_response_meta(headers, context.response_time, context.targeted_field);
  entry->key = context.key;
  entry->vary = Vary(headers, context.request_headers);
  entry->status = status;
  entry->body = std::move(body);
  entry->request_time = context.request_time;
  entry->response_time = context.response_time;
  entry->initial_age = initial_age(meta, context.request_time, context.response_time);
  const Lifetime lifetime = freshness_lifetime(status, meta, context.rule, context.response_time);
  entry->freshness = make_freshness(meta, lifetime, context.rule);
  entry->snapshot = context.snapshot;
  entry->tags = context.tags;
  const FieldFilter filter(headers, meta.directives, lifetime);
  for (const Header& header : headers) {
    if (filter.keeps(header.name)) append_line(entry->headers, header.name, header.value);
  }
  // RFC 9110 6.6.1: who stores a response without Date adds the time of its receipt.
  if (!find(headers, "Date")) append_line(entry->headers, "Date", format_http_date(context.response_time));
  fill_validators(*entry, meta, headers, std::move(our_etag));
  entry->headers.shrink_to_fit();
  return entry;
}

}  // namespace

Duration Entry::age(TimePoint now) const {
  return initial_age + std::max<Duration>(now - response_time, Duration::zero());
}

bool Entry::usable_on_error(TimePoint now, const RequestDirectives& request) const {
  return status < 500 && cache::usable_on_error(freshness, age(now), request);
}

std::size_t Entry::size_bytes() const {
  constexpr std::size_t kControlBlock = 16;
  std::size_t bytes = heap_cost(sizeof(Entry) + kControlBlock);
  bytes += heap_cost(sizeof(std::string) + kControlBlock) + heap_cost(*body);
  for (const std::string* text : {&key, &headers, &etag, &last_modified, &tags}) bytes += heap_cost(*text);
  return bytes + vary.heap_bytes() + snapshot.heap_bytes();
}

FieldFilter::FieldFilter(HeaderSpan response_headers, const ResponseDirectives& directives, const Lifetime& lifetime)
    : dropped_(directives.withheld_fields) {
  if (!lifetime.is_explicit()) dropped_.emplace_back("set-cookie");
  for (const std::string_view name : list_elements(response_headers, "Connection")) dropped_.push_back(to_lower(name));
}

bool FieldFilter::keeps(std::string_view name) const {
  return !is_one_of(name, kNeverStored) && std::none_of(dropped_.begin(), dropped_.end(), [&](const std::string& item) {
    return equals_ignoring_case(item, name);
  });
}

std::shared_ptr<Entry> make_entry(const EntryContext& context, int status, HeaderSpan headers,
                                  std::shared_ptr<const std::string> body) {
  return build(context, status, headers, std::move(body), {});
}

std::vector<Header> unstored_fields(HeaderSpan response_headers, const Entry& entry) {
  std::vector<Header> unstored;
  for (const Header& header : response_headers) {
    const bool is_kept = is_one_of(header.name, kNeverStored) || find_in_block(entry.headers, header.name);
    if (!is_kept) unstored.push_back(header);
  }
  return unstored;
}

std::vector<Header> merge_fields(const Entry& stored, HeaderSpan not_modified_headers) {
  const auto replaced = [&](const Header& old) {
    if (is_one_of(old.name, kOfTheBody)) return false;
    if (equals_ignoring_case(old.name, "Date")) return true;
    if (equals_ignoring_case(old.name, "ETag") && !stored.etag_from_origin) return true;
    return find(not_modified_headers, old.name).has_value();
  };
  std::vector<Header> merged = parse_block(stored.headers);
  merged.erase(std::remove_if(merged.begin(), merged.end(), replaced), merged.end());
  for (const Header& header : not_modified_headers) {
    if (!is_one_of(header.name, kOfTheBody)) merged.push_back(header);
  }
  return merged;
}

std::shared_ptr<Entry> update_entry(const EntryContext& context, const Entry& stored, HeaderSpan merged_fields) {
  return build(context, stored.status, merged_fields, stored.body,
               stored.etag_from_origin ? std::string() : stored.etag);
}

}  // namespace pgw::cache
