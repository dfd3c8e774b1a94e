#include "gateway/pipeline/known_responses.h"

#include <xxhash.h>

namespace pgw::pipeline {

KnownResponses::Fingerprint KnownResponses::fingerprint(const contract::Operation& operation, int status,
                                                        std::string_view content_type, std::string_view body) {
  // What stands beside the body seeds its hash.
  const std::uint64_t about[] = {operation.index(), static_cast<std::uint64_t>(status),
                                 XXH3_64bits(content_type.data(), content_type.size())};
  const auto hash = XXH3_128bits_withSeed(body.data(), body.size(), XXH3_64bits(about, sizeof about));
  return {hash.low64, hash.high64};
}

}  // namespace pgw::pipeline
