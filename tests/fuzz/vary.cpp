// Vary: lines of the input are Vary, Content-Language, Accept-Language, Accept-Encoding and another field of a request.
// Promise: a response matches the request that it answers, and a Vary made from its own request fields is the same.
#include "cache/vary.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgw;
  const auto lines = fuzz::lines_of(fuzz::text_of(data, size), 5);
  const std::vector<cache::Header> response{{"Vary", lines[0]}, {"Content-Language", lines[1]}};
  const std::vector<cache::Header> request{
      {"Accept-Language", lines[2]}, {"Accept-Encoding", lines[3]}, {"A", lines[4]}};
  if (cache::varies_on_everything(response)) return 0;
  const cache::Vary vary(response, request);
  fuzz::promise(vary.matches(request), "a response matches the request that it answers");
  fuzz::promise(vary.agree(request, request), "a request agrees with itself");
  const auto fields = vary.request_fields();
  fuzz::promise(cache::Vary(response, fields) == vary, "the fields that are kept make the same Vary");
  return 0;
}
