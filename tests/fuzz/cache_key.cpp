// The cache's key: lines of the input are path and query. Promise: a key is canonical, and its parts are found again.
#include "cache/key.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgw;
  const auto lines = fuzz::lines_of(fuzz::text_of(data, size), 2);
  if (!lines[0].starts_with('/')) return 0;
  const std::string key = cache::make_key({"operation", "upstream", lines[0], lines[1]});
  const auto parts = cache::parse_key(key);
  fuzz::promise(parts.has_value(), "the parts of a key are found again");
  fuzz::promise(parts->operation == "operation" && parts->upstream == "upstream", "no part runs into another");
  fuzz::promise(cache::make_key(*parts) == key, "what is canonical stays");
  return 0;
}
