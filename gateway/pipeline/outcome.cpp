#include "gateway/pipeline/outcome.h"

#include <array>

#include "base/text.h"
#include "gateway/http/message.h"

namespace pgw::pipeline {
namespace {

constexpr std::string_view self = "projects-gateway";

template <typename Enum, std::size_t Count>
std::string_view name_in(const std::array<std::string_view, Count>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_string(CacheOutcome outcome) {
  static constexpr std::array<std::string_view, 7> names{"none", "hit",       "stale", "revalidated",
                                                         "miss", "collapsed", "pass"};
  return name_in(names, outcome);
}

std::string_view to_string(ForwardReason reason) {
  static constexpr std::array<std::string_view, 7> names{"",          "bypass", "method", "uri-miss",
                                                         "vary-miss", "stale",  "request"};
  return name_in(names, reason);
}

std::string_view to_string(Rejection rejection) {
  static constexpr std::array<std::string_view, 19> names{"",
                                                          "malformed",
                                                          "loop",
                                                          "key-missing",
                                                          "key-unknown",
                                                          "key-expired",
                                                          "unknown-route",
                                                          "other-ending",
                                                          "method-not-allowed",
                                                          "scope-missing",
                                                          "operation-not-allowed",
                                                          "unsupported-media-type",
                                                          "body-not-taken",
                                                          "invalid",
                                                          "rate-limited",
                                                          "too-many-at-once",
                                                          "not-in-cache",
                                                          "upstream-sheds",
                                                          "response-invalid"};
  return name_in(names, rejection);
}

void append_cache_status(std::string& text, const Outcome& outcome) {
  text += self;
  if (outcome.forwarded != ForwardReason::none) {
    text += "; fwd=";
    text += to_string(outcome.forwarded);
    if (outcome.upstream_status && *outcome.upstream_status != outcome.status) {
      text += "; fwd-status=";
      base::append_number(text, *outcome.upstream_status);
    }
    if (outcome.stored) text += "; stored";
    if (outcome.cache == CacheOutcome::collapsed) text += "; collapsed";
    if (outcome.stale_on_error) {
      text += "; detail=stale-if-error";
    } else if (!outcome.stored && !outcome.why_not_stored.empty() && outcome.rejection == Rejection::none) {
      text += "; detail=";
      text += outcome.why_not_stored;
    } else if (outcome.forwarded == ForwardReason::stale && !outcome.why_stale.empty() &&
               outcome.rejection == Rejection::none) {
      text += "; detail=";
      text += outcome.why_stale;
    }
  } else if (outcome.cache == CacheOutcome::hit || outcome.cache == CacheOutcome::stale) {
    text += "; hit";
    if (outcome.ttl_seconds) {
      text += "; ttl=";
      base::append_number(text, *outcome.ttl_seconds);
    }
    if (outcome.stale_on_error) {
      text += "; detail=stale-if-error";
    } else if (outcome.was_purged) {
      text += "; detail=purged";
    }
  }
  if (outcome.rejection != Rejection::none) {
    text += "; detail=";
    text += to_string(outcome.rejection);
  }
}

std::string proxy_status(const Outcome& outcome) {
  if (!outcome.failure) return {};
  std::string text(self);
  text += "; error=";
  text += upstream::proxy_error_type(*outcome.failure);
  if (*outcome.failure == upstream::Failure::credential_refused)
    text += "; details=\"credential refused by the upstream\"";
  return text;
}

}  // namespace pgw::pipeline
