#include "cache/freshness.h"

#include <algorithm>
#include <array>

#include "base/http_date.h"
#include "base/list.h"
#include "base/text.h"
#include "cache/vary.h"

namespace pgw::cache {
namespace {

constexpr Duration kNone{0};

template <std::size_t N>
bool is_one_of(int status, const std::array<int, N>& list) {
  return std::find(list.begin(), list.end(), status) != list.end();
}

// Status codes whose caching requirements this cache knows: what must-understand asks (RFC 9111 5.2.2.3).
bool is_understood(int status) {
  return is_heuristically_cacheable(status) || is_one_of(status, std::array{302, 303, 307});
}

std::optional<Duration> heuristic_lifetime(int status, const ResponseMeta& meta, const Rule& rule, TimePoint date) {
  const bool allowed = is_heuristically_cacheable(status) || meta.directives.is_public;
  if (rule.heuristic_percent == 0 || !allowed || !meta.last_modified || *meta.last_modified > date) return std::nullopt;
  return std::min<Duration>((date - *meta.last_modified) * rule.heuristic_percent / 100, std::chrono::hours(24));
}

std::optional<Duration> ttl_of(const Rule& rule, int status) {
  if (rule.ttl_by_status != nullptr) {
    for (const auto& [its_status, ttl] : *rule.ttl_by_status) {
      if (its_status == status) return ttl;
    }
  }
  return rule_covers(status) ? rule.ttl : std::nullopt;
}

std::optional<Lifetime> origins_lifetime(const ResponseMeta& meta, TimePoint date) {
  const ResponseDirectives& directives = meta.directives;
  if (directives.s_maxage.present) return Lifetime{directives.s_maxage.value.value_or(kNone), LifetimeSource::s_maxage};
  if (directives.max_age.present) return Lifetime{directives.max_age.value.value_or(kNone), LifetimeSource::max_age};
  if (!meta.has_expires) return std::nullopt;
  return Lifetime{std::max<Duration>(meta.expires.value_or(date) - date, kNone), LifetimeSource::expires};
}

Lifetime uncapped_lifetime(int status, const ResponseMeta& meta, const Rule& rule, TimePoint response_time) {
  const TimePoint date = meta.date.value_or(response_time);
  const auto origins = origins_lifetime(meta, date);
  const auto ttl = ttl_of(rule, status);
  if (origins && !(ttl && rule.overrides_origin)) return *origins;
  if (ttl) return {*ttl, LifetimeSource::rule};
  if (const auto guess = heuristic_lifetime(status, meta, rule, date)) return {*guess, LifetimeSource::heuristic};
  return {};
}

// The window in which stale use is allowed: the origin's word, else the rule's unless the origin forbids stale use.
Duration window(const ResponseDirectives& directives, const DeltaSeconds& origin, Duration rule, bool rule_goes_first) {
  if (directives.must_revalidate || directives.proxy_revalidate || directives.no_cache) return kNone;
  if (rule_goes_first) return rule;
  if (origin.present) return origin.value.value_or(kNone);
  return directives.s_maxage.present ? kNone : rule;
}

}  // namespace

ResponseMeta read_response_meta(HeaderSpan headers, TimePoint now, std::string_view targeted_field) {
  ResponseMeta meta;
  meta.directives = parse_response_directives(headers, targeted_field);
  if (const auto date = find(headers, "Date")) meta.date = base::parse_http_date(*date, now);
  if (const auto expires = find(headers, "Expires"); expires && !meta.directives.is_targeted) {
    meta.has_expires = true;
    meta.expires = base::parse_http_date(*expires, now);
  }
  if (const auto modified = find(headers, "Last-Modified")) meta.last_modified = base::parse_http_date(*modified, now);
  meta.has_etag = find(headers, "ETag").has_value();
  if (const auto age = find(headers, "Age")) {
    const auto first = base::ListReader(*age).next();
    meta.age = parse_delta_seconds(first.value_or("")).value_or(kNone);
  }
  return meta;
}

Lifetime freshness_lifetime(int status, const ResponseMeta& meta, const Rule& rule, TimePoint response_time) {
  Lifetime lifetime = uncapped_lifetime(status, meta, rule, response_time);
  if (rule.max_ttl) lifetime.value = std::min(lifetime.value, *rule.max_ttl);
  return lifetime;
}

Duration initial_age(const ResponseMeta& meta, TimePoint request_time, TimePoint response_time) {
  // Date has whole seconds: compared with a finer clock it would make every response up to a second old.
  const TimePoint received = std::chrono::floor<std::chrono::seconds>(response_time);
  const Duration apparent = std::max<Duration>(received - meta.date.value_or(received), kNone);
  const Duration corrected = meta.age + std::max<Duration>(response_time - request_time, kNone);
  return std::max(apparent, corrected);
}

bool is_heuristically_cacheable(int status) {
  return is_one_of(status, std::array{200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501});
}

bool rule_covers(int status) {
  return is_one_of(status, std::array{200, 203, 204, 300, 301, 308, 410});
}

bool is_refusal(int status) {
  return status >= 400 && status < 500;
}

bool is_for_everyone(const ResponseDirectives& directives) {
  return directives.is_public || directives.must_revalidate || directives.s_maxage.present;
}

std::string_view to_string(Storable storable) {
  switch (storable) {
    case Storable::yes:
      return "";
    case Storable::method:
      return "method";
    case Storable::status:
      return "status";
    case Storable::no_store:
      return "no-store";
    case Storable::is_private:
      return "private";
    case Storable::authorization:
      return "authorization";
    case Storable::vary_any:
      return "vary";
    case Storable::no_freshness:
      return "no-rule";
    case Storable::useless:
      return "came-stale";
  }
  return "";
}

Storable is_storable(std::string_view method, int status, HeaderSpan headers, const ResponseMeta& meta,
                     const Lifetime& lifetime, const Rule& rule, bool authorized) {
  const ResponseDirectives& directives = meta.directives;
  if (method != "GET") return Storable::method;
  if (status < 200 || status == 206 || status == 304) return Storable::status;
  if (directives.must_understand && !is_understood(status)) return Storable::status;
  if (directives.no_store && !directives.must_understand) return Storable::no_store;
  if (directives.is_private) return Storable::is_private;
  if (authorized && !is_for_everyone(directives)) return Storable::authorization;
  if (varies_on_everything(headers)) return Storable::vary_any;
  const bool validatable = meta.has_etag || meta.last_modified;
  const bool kept_for_validation = directives.no_cache && validatable && is_heuristically_cacheable(status);
  if (lifetime.source == LifetimeSource::none && !kept_for_validation) return Storable::no_freshness;
  const Freshness freshness = make_freshness(meta, lifetime, rule);
  const bool usable =
      !directives.no_cache && lifetime.value + freshness.stale_while_revalidate + freshness.stale_if_error > kNone;
  return usable || validatable ? Storable::yes : Storable::useless;
}

Freshness make_freshness(const ResponseMeta& meta, const Lifetime& lifetime, const Rule& rule) {
  const ResponseDirectives& directives = meta.directives;
  Freshness freshness;
  freshness.lifetime = lifetime;
  const bool rule_goes_first = rule.overrides_origin && lifetime.source == LifetimeSource::rule;
  // An origin that sends an answer as stale wants to be asked again before the answer is used.
  const bool came_stale = lifetime.is_explicit() && lifetime.value <= kNone;
  freshness.stale_while_revalidate = window(directives, directives.stale_while_revalidate,
                                            came_stale ? kNone : rule.stale_while_revalidate, rule_goes_first);
  freshness.stale_if_error = window(directives, directives.stale_if_error, rule.stale_if_error, rule_goes_first);
  freshness.no_cache = directives.no_cache;
  freshness.stale_forbidden =
      directives.must_revalidate || directives.proxy_revalidate || (directives.s_maxage.present && !rule_goes_first);
  freshness.for_everyone = is_for_everyone(directives);
  return freshness;
}

Usability usability(const Freshness& freshness, Duration age, const RequestDirectives& request) {
  if (freshness.no_cache) return Usability::stale;
  const Duration ttl = freshness.lifetime.value - age;
  const bool fresh = ttl > kNone;
  const bool too_old = request.max_age && (age > *request.max_age || *request.max_age == kNone);
  const bool too_stale_soon = request.min_fresh && ttl < *request.min_fresh;
  if (request.no_cache || too_old || too_stale_soon) return fresh ? Usability::refused_by_request : Usability::stale;
  if (fresh) return Usability::fresh;
  const bool stale_accepted = request.max_stale_any || (request.max_stale && -ttl <= *request.max_stale);
  if (stale_accepted && !freshness.stale_forbidden) return Usability::stale_by_request;
  if (request.max_age && !stale_accepted) return Usability::stale;
  return -ttl < freshness.stale_while_revalidate ? Usability::stale_while_revalidate : Usability::stale;
}

bool usable_on_error(const Freshness& freshness, Duration age, const RequestDirectives& request) {
  if (freshness.no_cache || request.no_cache) return false;
  if (request.max_age && age > *request.max_age && !request.stale_if_error) return false;
  const Duration asked = freshness.stale_forbidden ? kNone : request.stale_if_error.value_or(kNone);
  const Duration staleness = age - freshness.lifetime.value;
  return staleness < std::max(freshness.stale_if_error, asked);
}

bool is_stale_if_error_status(int status) {
  return is_one_of(status, std::array{429, 500, 502, 503, 504});
}

Duration asked_to_wait(int status, HeaderSpan headers, TimePoint wall_now) {
  constexpr Duration kLongest = std::chrono::hours(1);
  if (status != 429 && status != 503) return kNone;
  const std::string_view value = base::trim(find(headers, "Retry-After").value_or(""));
  if (const auto seconds = parse_delta_seconds(value)) return std::min(*seconds, kLongest);
  const auto date = base::parse_http_date(value, wall_now);
  return date ? std::clamp<Duration>(*date - wall_now, kNone, kLongest) : kNone;
}

}  // namespace pgw::cache
