// The cache's file. The input is cut into frames (two bytes of length, then so many of content) that get right
// checksums and stand between the head and the end of a saved cache, so that the readers behind the checksums are
// reached. Promise: it is taken, or refused whole.
#include <algorithm>
#include <cstring>
#include <sstream>

#include <xxhash.h>

#include "cache/cache.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace pgw;

const cache::ArchiveIdentity identity{"contract", "upstream"};
constexpr cache::TimePoint now{std::chrono::seconds(1'800'000'000)};
constexpr std::size_t end_frame = 12 + 1 + 8;  // length and checksum, kind, count

template <class Number>
void append(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number),
             sizeof number);  // little-endian, as the machines that this runs on
}

void append_frame(std::string& out, std::string_view content, std::uint64_t place) {
  append(out, static_cast<std::uint32_t>(content.size()));
  append(out, static_cast<std::uint64_t>(XXH3_64bits_withSeed(content.data(), content.size(), place)));
  out.append(content);
}

std::string saved(cache::Cache& cache) {
  std::stringstream out;
  cache.save(out, identity, now, [] { return true; });
  return std::move(out).str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cache::Options options;
  options.store.max_bytes = 1024UL * 1024;
  cache::Cache cache(options);
  std::string bytes = saved(cache);
  bytes.resize(bytes.size() - end_frame);
  std::uint64_t frames = 1;
  for (auto rest = fuzz::text_of(data, size); rest.size() > 2; ++frames) {
    const auto length =
        static_cast<std::size_t>(static_cast<std::uint8_t>(rest[0]) * 256 + static_cast<std::uint8_t>(rest[1]));
    const auto content = rest.substr(2, length);
    append_frame(bytes, content, frames);
    rest.remove_prefix(std::min(rest.size(), 2 + length));
  }
  std::string end = "Z";
  append(end, frames);
  append_frame(bytes, end, frames);
  std::stringstream in(bytes);
  const auto restored = cache.restore(in, identity, now);
  fuzz::promise(restored.fault == cache::ArchiveFault::none || cache.stats().entries == 0,
                "what is refused leaves nothing");
  static_cast<void>(saved(cache));
  return 0;
}
