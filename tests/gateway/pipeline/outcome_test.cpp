#include "gateway/pipeline/outcome.h"

#include <string>

#include "support/catch.h"

using namespace pgw::pipeline;

namespace {

std::string cache_status(const Outcome& outcome) {
  std::string text;
  append_cache_status(text, outcome);
  return text;
}

}  // namespace

TEST_CASE("Cache-Status tells what became of a request, in the terms of RFC 9211") {
  Outcome outcome;
  outcome.status = 200;

  SECTION("a hit") {
    outcome.cache = CacheOutcome::hit;
    outcome.ttl_seconds = 12;
    CHECK(cache_status(outcome) == "projects-gateway; hit; ttl=12");
  }
  SECTION("a stale hit") {
    outcome.cache = CacheOutcome::stale;
    outcome.ttl_seconds = -3;
    CHECK(cache_status(outcome) == "projects-gateway; hit; ttl=-3");
  }
  SECTION("a miss that was stored") {
    outcome.cache = CacheOutcome::miss;
    outcome.forwarded = ForwardReason::uri_miss;
    outcome.upstream_status = 200;
    outcome.stored = true;
    CHECK(cache_status(outcome) == "projects-gateway; fwd=uri-miss; stored");
  }
  SECTION("a miss that was not stored") {
    outcome.cache = CacheOutcome::miss;
    outcome.forwarded = ForwardReason::uri_miss;
    outcome.upstream_status = outcome.status = 200;
    outcome.why_not_stored = "private";
    CHECK(cache_status(outcome) == "projects-gateway; fwd=uri-miss; detail=private");
  }
  SECTION("a follower of another's fetch") {
    outcome.cache = CacheOutcome::collapsed;
    outcome.forwarded = ForwardReason::uri_miss;
    CHECK(cache_status(outcome) == "projects-gateway; fwd=uri-miss; collapsed");
  }
  SECTION("a revalidation") {
    outcome.cache = CacheOutcome::revalidated;
    outcome.forwarded = ForwardReason::stale;
    outcome.upstream_status = 304;
    outcome.stored = true;
    CHECK(cache_status(outcome) == "projects-gateway; fwd=stale; fwd-status=304; stored");
    outcome.why_stale = "changed";
    CHECK(cache_status(outcome) == "projects-gateway; fwd=stale; fwd-status=304; stored; detail=changed");
  }
  SECTION("a stale response in place of an error") {
    outcome.cache = CacheOutcome::stale;
    outcome.forwarded = ForwardReason::stale;
    outcome.upstream_status = 503;
    outcome.stale_on_error = true;
    CHECK(cache_status(outcome) == "projects-gateway; fwd=stale; fwd-status=503; detail=stale-if-error");
  }
  SECTION("a write") {
    outcome.cache = CacheOutcome::pass;
    outcome.forwarded = ForwardReason::method;
    CHECK(cache_status(outcome) == "projects-gateway; fwd=method");
  }
  SECTION("a rejection") {
    outcome.rejection = Rejection::key_missing;
    CHECK(cache_status(outcome) == "projects-gateway; detail=key-missing");
  }
}

TEST_CASE("Proxy-Status names the failure, and is absent without one") {
  Outcome outcome;
  CHECK(proxy_status(outcome).empty());
  outcome.failure = pgw::upstream::Failure::connection_refused;
  CHECK(proxy_status(outcome) == "projects-gateway; error=connection_refused");
}
