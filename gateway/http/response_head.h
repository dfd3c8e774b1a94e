// A response's status line and header section.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/exchange.h"

namespace pgw::http {

/// The current time as the value of a Date field (RFC 9110 section 5.6.7), formatted once per second. Not thread-safe.
class DateClock {
 public:
  std::string_view now();

 private:
  std::time_t second_ = -1;
  std::string text_;
};

/// How the end of the content is told (RFC 9112 section 6.3).
struct Framing {
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
};

/// What is said about the connection (RFC 9112 section 9.6).
enum class Persistence { implied, keep_alive, close };

/// Appends the whole head, empty line included. Adds Date if `head.fields` has none.
void append_head(std::string& out, const ResponseHead& head, const Framing& framing, Persistence persistence,
                 DateClock& clock);

/// The head of an interim response, which has neither Date nor framing (RFC 9110 section 15.2).
void append_interim_head(std::string& out, const ResponseHead& head);

}  // namespace pgw::http
