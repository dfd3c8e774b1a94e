// A multipart form taken apart (RFC 7578). Internal to contract/.
//
// What is checked here must be what the upstream reads, so whatever parsers differ in is refused: text before the first
// boundary or behind the last one, a boundary within a part, bare CR or LF, a field of a head that comes twice or is
// folded, a transfer encoding, a quoted name that escapes quotes, `name*`, a `_charset_` that isn't UTF-8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgw::contract {

inline constexpr std::size_t most_parts = 1000;
inline constexpr std::size_t longest_part_head = 8192;  ///< bytes

/// One part; views into the body.
struct Part {
  std::string_view name;
  std::string content_type;  ///< lower case, without parameters; empty: it says none, which means text/plain
  std::string_view charset;  ///< empty: it says none
  std::string_view content;
};

struct MultipartMistake {
  std::string message;   ///< for a person
  std::size_t part = 0;  ///< from 1; 0: the body as a whole
};

/// The parts of `body`, which must outlive them; nullopt and a mistake if it is no such form. Linear in the body.
std::optional<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body,
                                                 MultipartMistake& mistake);

}  // namespace pgw::contract
