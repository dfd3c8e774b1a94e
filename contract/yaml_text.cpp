#include "contract/yaml_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace pgw::contract {
namespace {

struct LineSeparator {
  std::string_view bytes;
  std::string_view escape;
};
constexpr std::array<LineSeparator, 3> line_separators{
    {{"\xc2\x85", "\\u0085"}, {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}}};

/// The UTF-16 unit of "\uXXXX" at the front of `text`.
std::optional<unsigned> escaped_unit(std::string_view text) {
  if (!text.starts_with("\\u") || text.size() < 6) return std::nullopt;
  unsigned unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  if (error != std::errc{} || end != text.data() + 6) return std::nullopt;
  return unit;
}

/// The character of a surrogate pair, escaped, at the front of `text`: 12 bytes.
std::optional<unsigned> escaped_pair(std::string_view text) {
  const auto high = escaped_unit(text);
  if (!high || *high < 0xd800 || *high >= 0xdc00) return std::nullopt;
  const auto low = escaped_unit(text.substr(6));
  if (!low || *low < 0xdc00 || *low >= 0xe000) return std::nullopt;
  return 0x10000 + ((*high - 0xd800) << 10) + (*low - 0xdc00);
}

void append_four_bytes(std::string& text, unsigned code) {
  for (const unsigned byte :
       {0xf0 | code >> 18, 0x80 | (code >> 12 & 0x3f), 0x80 | (code >> 6 & 0x3f), 0x80 | (code & 0x3f)}) {
    text += static_cast<char>(byte);
  }
}

bool needs_translation(std::string_view text) {
  const auto has = [text](std::string_view part) { return text.find(part) != std::string_view::npos; };
  return has("\\ud") || has("\\uD") ||
         std::ranges::any_of(line_separators, [&](const LineSeparator& one) { return has(one.bytes); });
}

}  // namespace

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

std::optional<std::string> json_in_yaml_terms(std::string_view text) {
  if (!needs_translation(text) || !nlohmann::json::accept(text.begin(), text.end())) return std::nullopt;
  std::string translated;
  translated.reserve(text.size());
  while (!text.empty()) {
    const auto separator =
        std::ranges::find_if(line_separators, [text](const LineSeparator& one) { return text.starts_with(one.bytes); });
    std::size_t length = text.starts_with('\\') ? 2 : 1;  // an escape is not torn apart: "\\ud83d" is no unit
    if (separator != line_separators.end()) {
      translated += separator->escape;
      length = separator->bytes.size();
    } else if (const auto code = escaped_pair(text)) {
      append_four_bytes(translated, *code);
      length = 12;
    } else {
      translated += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return translated;
}

}  // namespace pgw::contract
