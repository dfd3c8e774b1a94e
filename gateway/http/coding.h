// Content codings (RFC 9110 section 8.4.1): names, what a client takes, and the encoders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace pgw::http {

enum class Coding : std::uint8_t { gzip, br, zstd };
inline constexpr std::size_t coding_count = 3;

/// As Content-Encoding says it.
std::string_view to_string(Coding coding);

/// What a client's Accept-Encoding asks for, of what is offered (RFC 9110 section 12.5.3).
struct CodingPreference {
  std::optional<Coding> coding;    ///< the one with the highest weight, of several the first that is offered
  bool is_identity_refused = false;  ///< "identity;q=0", or "*;q=0" without a word on identity
};

/// Without the field, or where the client gives identity the higher weight: none.
CodingPreference preferred_coding(const Fields& request_fields, std::span<const Coding> offered);

/// How much work a byte is worth.
enum class Effort : std::uint8_t {
  lasting,  ///< made once, sent often
  passing,  ///< made for one client
};

/// One body on its way into a coding. Not thread-safe. What it can't get memory for is std::bad_alloc.
class Encoder {
 public:
  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder() = default;

  /// Appends the coded form of `piece`, whole: the client can decode all of it from what it has by then.
  virtual void append(std::string& out, std::string_view piece) = 0;
  /// Appends the end.
  virtual void finish(std::string& out) = 0;
};
std::unique_ptr<Encoder> make_encoder(Coding coding, Effort effort);

std::string encoded(Coding coding, Effort effort, std::string_view body);

}  // namespace pgw::http
