// Cache-Control of responses and requests, and a targeted field. Lines of the input are field values. Promise: times
// are none, or within what the cache can count.
#include "cache/cache_control.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgw;
  const auto lines = fuzz::lines_of(fuzz::text_of(data, size), 3);
  const std::vector<cache::Header> headers{
      {"Cache-Control", lines[0]}, {"cache-control", lines[1]}, {"Gateway-Cache-Control", lines[2]}};
  for (const char* targeted : {"", "Gateway-Cache-Control"}) {
    const auto response = cache::parse_response_directives(headers, targeted);
    for (const auto& seconds :
         {response.max_age, response.s_maxage, response.stale_while_revalidate, response.stale_if_error}) {
      fuzz::promise(
          !seconds.value || (seconds.present && seconds.value->count() >= 0 && *seconds.value <= cache::kForever),
          "a time is not negative and not beyond for ever");
    }
  }
  const auto request = cache::parse_request_directives(headers);
  fuzz::promise(!request.max_age || request.max_age->count() >= 0, "an age is not negative");
  return 0;
}
