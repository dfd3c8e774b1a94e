#include "contract/yaml_text.h"

#include "base/utf8.h"

namespace pgw::contract {
std::optional<BadBytes> find_bad_bytes(std::string_view text) {
  const std::size_t readable = base::utf8_prefix(text);
  for (std::size_t i = 0; i < readable; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_blank = byte == '\t' || byte == '\n' || byte == '\r';
    if ((byte < 0x20 && !is_blank) || byte == 0x7f) return BadBytes{i, "a control character stands here"};
  }
  if (readable < text.size()) return BadBytes{readable, "the text is not UTF-8 from here on"};
  return std::nullopt;
}

}  // namespace pgw::contract
