#include "cache/entry.h"

#include <algorithm>
#include <array>
#include <new>

#include <xxhash.h>

#include "base/http_date.h"
#include "base/text.h"
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

// What a 304 has no use for, by its name or its line.
bool describes_body(std::string_view name) {
  constexpr std::string_view of_bodies = "content-";
  constexpr std::string_view of_others = "content-location";
  return base::iequals(name.substr(0, of_bodies.size()), of_bodies) &&
         !base::iequals(name.substr(0, of_others.size()), of_others);
}

// Of the lines before the first one that describes the body.
std::uint32_t not_modified_length(std::string_view headers) {
  std::string_view rest = headers;
  while (!rest.empty() && !describes_body(rest)) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  return static_cast<std::uint32_t>(headers.size() - rest.size());
}

// Where in a block of lines this field has exactly this value; npos: nowhere.
std::size_t position_of_value(std::string_view block, std::string_view name, std::string_view value) {
  const auto found = find_in_block(block, name);
  return found == value ? static_cast<std::size_t>(found->data() - block.data()) : std::string_view::npos;
}

// Slices count in 32 bits, from within the entry.
constexpr std::size_t kMaxEntryText = std::size_t{4'000'000'000};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& list) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view item) { return base::iequals(item, name); });
}

std::string etag_of(std::string_view body) {
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

// Allocates some bytes more than asked for, behind the object.
template <class T>
struct TailAllocator {
  using value_type = T;

  explicit TailAllocator(std::size_t tail_bytes) : tail(tail_bytes) {}
  template <class Other>
  explicit TailAllocator(const TailAllocator<Other>& other) : tail(other.tail) {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T) + tail)); }
  void deallocate(T* object, std::size_t /*count*/) { ::operator delete(object); }

  template <class Other>
  friend bool operator==(const TailAllocator& a, const TailAllocator<Other>& b) {
    return a.tail == b.tail;
  }

  std::size_t tail;
};

// What std::allocate_shared puts before an entry: a vtable's address, two counts, the allocator.
constexpr std::size_t kControlBlock = 16 + sizeof(TailAllocator<Entry>);

char* tail_of(Entry& entry) {
  return reinterpret_cast<char*>(&entry + 1);
}

std::size_t tail_bytes(const Entry& entry) {  // the body stands last
  const std::string_view body = entry.body;
  return static_cast<std::size_t>(body.data() + body.size() - reinterpret_cast<const char*>(&entry + 1));
}

struct Texts {
  std::string headers;
  std::string etag;
  std::string last_modified;
  bool etag_from_origin = false;
};

Texts make_texts(TimePoint wall_time, int status, HeaderSpan headers, const ResponseMeta& meta, bool keeps_cookies,
                 std::string_view body, std::string_view our_etag) {
  Texts texts;
  const FieldFilter filter(headers, meta.directives, keeps_cookies);
  std::string about_body;
  for (const Header& header : headers) {
    if (!filter.keeps(header.name)) continue;
    append_line(describes_body(header.name) ? about_body : texts.headers, header.name, header.value);
  }
  // RFC 9110 6.6.1: who stores a response without Date adds the time of its receipt.
  if (!find(headers, "Date")) append_line(texts.headers, "Date", base::format_http_date(wall_time));
  if (const auto etag = find(headers, "ETag")) {
    texts.etag = *etag;
    texts.etag_from_origin = true;
  } else if (status == 200 || status == 203) {
    texts.etag = our_etag.empty() ? etag_of(body) : std::string(our_etag);
    append_line(texts.headers, "ETag", texts.etag);
  }
  texts.headers += about_body;
  if (meta.last_modified) texts.last_modified = *find(headers, "Last-Modified");
  return texts;
}

// By the rule's jitter: a part of it that key and time decide.
Duration shortened(Duration ttl, const EntryContext& context) {
  if (context.rule.jitter_percent == 0) return ttl;
  const auto seed = static_cast<std::uint64_t>(context.response_time.time_since_epoch().count());
  const auto part =
      static_cast<std::int64_t>(XXH3_64bits_withSeed(context.key.data(), context.key.size(), seed) % 1001);
  return ttl - ttl * context.rule.jitter_percent / 100 * part / 1000;
}

// `our_etag`: the one made for this body before; empty to make it when needed.
std::shared_ptr<Entry> build(const EntryContext& context, int status, HeaderSpan headers, std::string_view body,
                             std::string_view our_etag) {
  const TimePoint wall_time = context.response_time + context.wall_ahead;
  const ResponseMeta meta = read_response_meta(headers, wall_time, context.targeted_field);
  Lifetime lifetime = freshness_lifetime(status, meta, context.rule, wall_time);
  const Texts texts = make_texts(wall_time, status, headers, meta, context.rule.keeps_cookies && lifetime.is_explicit(),
                                 body, our_etag);
  auto entry = allocate_entry({context.key, texts.headers, context.tags, texts.etag, texts.last_modified, body});
  entry->select_by(Vary(headers, context.request_headers));
  entry->status = static_cast<std::uint16_t>(status);
  entry->etag_from_origin = texts.etag_from_origin;
  entry->response_time = context.response_time;
  entry->initial_age = initial_age(meta, context.request_time + context.wall_ahead, wall_time);
  // A rule's ttl counts from receipt, however old the response was when it came, or its origin's clock says.
  if (lifetime.source == LifetimeSource::rule) {
    lifetime.value = shortened(lifetime.value, context) + entry->initial_age;
  }
  entry->freshness = make_freshness(meta, lifetime, context.rule);
  entry->snapshot = context.snapshot;
  return entry;
}

}  // namespace

// A validator is mostly a part of `headers`, and the tag of an item a part of its key; they stand there.
std::shared_ptr<Entry> allocate_entry(const EntryTexts& texts) {
  const std::size_t etag_in_headers = position_of_value(texts.headers, "ETag", texts.etag);
  const std::size_t date_in_headers = position_of_value(texts.headers, "Last-Modified", texts.last_modified);
  const std::size_t tags_in_key = texts.key.find(texts.tags);
  const auto own_bytes = [](std::size_t shared_at, std::string_view text) {
    return shared_at == std::string_view::npos ? text.size() : 0;
  };
  const std::size_t tail = texts.key.size() + texts.headers.size() + own_bytes(tags_in_key, texts.tags) +
                           own_bytes(etag_in_headers, texts.etag) + own_bytes(date_in_headers, texts.last_modified) +
                           texts.body.size();
  if (tail > kMaxEntryText) throw std::bad_alloc();

  auto entry = std::allocate_shared<Entry>(TailAllocator<Entry>(tail));
  char* end = tail_of(*entry);
  const auto add = [&end](Slice& slice, std::string_view text) {
    slice.set({end, text.size()});
    end = std::copy(text.begin(), text.end(), end);
  };
  const auto share_or_add = [&add](Slice& slice, const Slice& shared, std::size_t shared_at, std::string_view text) {
    if (shared_at == std::string_view::npos) {
      add(slice, text);
    } else {
      slice.set(shared.view().substr(shared_at, text.size()));
    }
  };
  add(entry->key, texts.key);
  add(entry->headers, texts.headers);
  entry->not_modified_length = not_modified_length(entry->headers);
  share_or_add(entry->tags, entry->key, tags_in_key, texts.tags);
  share_or_add(entry->etag, entry->headers, etag_in_headers, texts.etag);
  share_or_add(entry->last_modified, entry->headers, date_in_headers, texts.last_modified);
  add(entry->body, texts.body);
  return entry;
}

const Vary& Entry::vary() const {
  static const Vary nothing;
  return selected_by ? *selected_by : nothing;
}

void Entry::select_by(Vary vary) {
  if (!vary.empty()) selected_by = std::make_unique<const Vary>(std::move(vary));
}

std::optional<TimePoint> Entry::last_modified_time() const {
  return last_modified.empty() ? std::nullopt : base::parse_http_date(last_modified, response_time);
}

Duration Entry::age(TimePoint now) const {
  return initial_age + std::max<Duration>(now - response_time, Duration::zero());
}

bool Entry::usable_on_error(TimePoint now, const RequestDirectives& request) const {
  return status < 500 && cache::usable_on_error(freshness, age(now), request);
}

std::size_t Entry::size_bytes() const {
  const std::size_t selection = selected_by ? heap_cost(sizeof(Vary)) + selected_by->heap_bytes() : 0;
  return heap_cost(kControlBlock + sizeof(Entry) + tail_bytes(*this)) + selection + snapshot.heap_bytes();
}

FieldFilter::FieldFilter(HeaderSpan response_headers, const ResponseDirectives& directives, bool keeps_cookies)
    : dropped_(directives.withheld_fields) {
  if (!keeps_cookies) dropped_.emplace_back("set-cookie");
  for (const std::string_view name : list_elements(response_headers, "Connection"))
    dropped_.push_back(base::to_lower(name));
}

bool FieldFilter::keeps(std::string_view name) const {
  return !is_one_of(name, kNeverStored) && std::none_of(dropped_.begin(), dropped_.end(), [&](const std::string& item) {
    return base::iequals(item, name);
  });
}

std::shared_ptr<Entry> make_entry(const EntryContext& context, int status, HeaderSpan headers, std::string_view body) {
  return build(context, status, headers, body, {});
}

std::shared_ptr<Entry> make_alternative(const Entry& of, std::string_view coding, std::string_view etag,
                                        std::string_view body) {
  std::string headers;
  for (const Header& header : parse_block(of.headers)) {
    if (base::iequals(header.name, "Accept-Ranges")) continue;
    append_line(headers, header.name, base::iequals(header.name, "ETag") ? etag : header.value);
  }
  append_line(headers, "Content-Encoding", coding);  // behind what doesn't describe the body
  auto entry = allocate_entry({of.key, headers, {}, etag, of.last_modified, body});
  entry->status = of.status;
  entry->response_time = of.response_time;
  entry->initial_age = of.initial_age;
  entry->freshness = of.freshness;
  return entry;
}

std::vector<Header> unstored_fields(int status, HeaderSpan response_headers, const Entry& entry) {
  std::vector<Header> unstored;
  for (const Header& header : response_headers) {
    const bool is_of_no_body = status == 304 && is_one_of(header.name, kOfTheBody);
    if (is_of_no_body || is_one_of(header.name, kNeverStored)) continue;
    if (!find_in_block(entry.headers, header.name)) unstored.push_back(header);
  }
  return unstored;
}

std::vector<Header> merge_fields(const Entry& stored, HeaderSpan not_modified_headers) {
  const auto replaced = [&](const Header& old) {
    if (is_one_of(old.name, kOfTheBody)) return false;
    if (base::iequals(old.name, "Date")) return true;
    if (base::iequals(old.name, "ETag") && !stored.etag_from_origin) return true;
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
               stored.etag_from_origin ? std::string_view() : stored.etag.view());
}

}  // namespace pgw::cache
