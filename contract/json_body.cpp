#include "contract/json_body.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/utf8.h"

namespace pgw::contract {
namespace {

/// A mistake in a text, in the words of Python's json.loads.
struct Mistake {
  const char* msg = nullptr;
  std::size_t position = 0;
};

/// What a string holds as it stands: neither its end, nor an escape, nor what must be escaped.
constexpr auto plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < plain.size(); ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

/// Whether any of eight bytes is below 0x20, a quote or a backslash; bytes above ASCII may be taken for one. With it a
/// body of 2 KB costs a microsecond less than byte by byte.
bool may_hold_other_than_plain(const char* eight_bytes) {
  constexpr std::uint64_t each = 0x0101010101010101;
  constexpr std::uint64_t high_bits = 0x80 * each;
  std::uint64_t word = 0;
  std::memcpy(&word, eight_bytes, sizeof(word));
  // A byte's high bit is set by a borrow: when the byte is less than what is subtracted from it.
  const auto has_byte_below = [&](std::uint64_t bytes, std::uint64_t bound) { return bytes - bound * each; };
  const std::uint64_t suspects = has_byte_below(word, 0x20) | has_byte_below(word ^ ('"' * each), 1) |
                                 has_byte_below(word ^ ('\\' * each), 1) | word;
  return (suspects & high_bits) != 0;
}

/// The nearest double: 0 for what is too small, infinity for what is too large.
double double_of(std::string_view number) {
  double value = 0;
  const auto error = std::from_chars(number.data(), number.data() + number.size(), value).ec;
  return error == std::errc{} ? value : std::strtod(std::string(number).c_str(), nullptr);
}

/// Walks the text as Python's decoder does.
class Parser {
 public:
  Parser(std::string_view text, JsonTape& tape) : text_(text), tape_(tape) {}

  bool parse() {
    if (const std::size_t readable = base::utf8_prefix(text_); readable < text_.size())
      return fail("Invalid UTF-8", readable);
    skip_blanks();
    if (!value(0, {})) return false;
    skip_blanks();
    return at_ == text_.size() || fail("Extra data", at_);
  }

  const Mistake& mistake() const { return mistake_; }

 private:
  bool fail(const char* msg, std::size_t position) {
    mistake_ = {msg, position};
    return false;
  }

  /// NUL at the end, and for a NUL: none belongs to what is looked for.
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool value(int depth, std::string_view name) {
    switch (peek()) {
      case '"': {
        std::string_view text;
        if (!string(text)) return false;
        tape_.add(JsonValue(text), name);
        return true;
      }
      case '{':
        return depth < deepest_json ? object(depth, name) : fail("Nested too deeply", at_);
      case '[':
        return depth < deepest_json ? array(depth, name) : fail("Nested too deeply", at_);
      case 't':
        return word("true", JsonValue(true), name);
      case 'f':
        return word("false", JsonValue(false), name);
      case 'n':
        return word("null", JsonValue(), name);
      default:
        return number(name);
    }
  }

  bool word(std::string_view literal, const JsonValue& value, std::string_view name) {
    if (text_.compare(at_, literal.size(), literal) != 0) return fail("Expecting value", at_);
    at_ += literal.size();
    tape_.add(value, name);
    return true;
  }

  std::size_t digits() {
    const std::size_t first = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - first;
  }

  /// -?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?, as far as it goes.
  bool number(std::string_view name) {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (digits() == 0) {
      return fail("Expecting value", start);
    }
    const std::size_t end_of_integer = at_;
    optional_part([this] { return peek() == '.' ? (++at_, true) : false; });
    optional_part([this] {
      if (peek() != 'e' && peek() != 'E') return false;
      ++at_;
      if (peek() == '-' || peek() == '+') ++at_;
      return true;
    });
    const auto digits = text_.substr(start, at_ - start);
    if (at_ == end_of_integer && add_integer(digits, name)) return true;
    const double value = double_of(digits);
    // JSON as such, but no number that this program (or most others) can hold: RFC 8259 section 6.
    if (!std::isfinite(value)) return fail("Number out of range", start);
    tape_.add(JsonValue(value), name);
    return true;
  }

  /// False: it takes more than 64 bits.
  bool add_integer(std::string_view digits, std::string_view name) {
    const char* const end = digits.data() + digits.size();
    std::int64_t value = 0;
    if (std::from_chars(digits.data(), end, value).ec == std::errc{}) {
      tape_.add(JsonValue(value), name);
      return true;
    }
    std::uint64_t positive = 0;
    if (std::from_chars(digits.data(), end, positive).ec != std::errc{}) return false;
    tape_.add(JsonValue(positive), name);
    return true;
  }

  template <typename Begin>
  void optional_part(Begin begins) {
    const std::size_t before = at_;
    if (!begins() || digits() == 0) at_ = before;
  }

  void skip_plain_bytes() {
    while (text_.size() - at_ >= 8 && !may_hold_other_than_plain(text_.data() + at_)) at_ += 8;
    while (at_ < text_.size() && plain_bytes[static_cast<unsigned char>(text_[at_])]) ++at_;
  }

  /// `text`: what stands between the quotes, itself where nothing is escaped.
  bool string(std::string_view& text) {
    const std::size_t start = at_++;
    skip_plain_bytes();
    if (peek() == '\\') return string_with_escapes(start, text);
    if (!end_of_string(start)) return false;
    text = text_.substr(start + 1, at_ - start - 2);
    return true;
  }

  /// Steps over the closing quote; or tells why there is none.
  bool end_of_string(std::size_t start) {
    if (at_ == text_.size()) return fail("Unterminated string starting at", start);
    if (text_[at_] != '"') return fail("Invalid control character at", at_);
    ++at_;
    return true;
  }

  bool string_with_escapes(std::size_t start, std::string_view& text) {
    // What an escape stands for is never longer than it, so one room of the text's size serves all of its strings.
    if (room_ == nullptr) room_ = tape_.room(text_.size());
    char* const first = room_;
    std::size_t copied = start + 1;
    for (;;) {
      room_ = std::copy(text_.data() + copied, text_.data() + at_, room_);
      if (peek() != '\\') break;
      if (!escape(start)) return false;
      copied = at_;
      skip_plain_bytes();
    }
    text = {first, static_cast<std::size_t>(room_ - first)};
    return end_of_string(start);
  }

  bool escape(std::size_t string_start) {
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const std::size_t start = at_++;
    if (at_ == text_.size()) return fail("Unterminated string starting at", string_start);
    const auto letter = letters.find(text_[at_]);
    if (letter != std::string_view::npos) {
      *room_++ = meanings[letter];
      ++at_;
      return true;
    }
    return text_[at_] == 'u' ? unicode_escape(start) : fail("Invalid \\escape", start);
  }

  bool unicode_escape(std::size_t start) {
    const auto unit = hex_unit();
    if (!unit) return fail("Invalid \\uXXXX escape", start + 1);
    if (*unit < 0xd800 || *unit >= 0xe000) {
      append_utf8(*unit);
      return true;
    }
    const bool has_partner = *unit < 0xdc00 && text_.substr(at_).starts_with("\\u");
    if (has_partner) ++at_;
    const auto low = has_partner ? hex_unit() : std::nullopt;
    // Python takes half a surrogate pair; what would be forwarded is no text, though (RFC 8259 section 8.2).
    if (!low || *low < 0xdc00 || *low >= 0xe000) return fail("Lone surrogate", start);
    append_utf8(0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00));
    return true;
  }

  /// From the 'u' to after the last of four digits.
  std::optional<unsigned> hex_unit() {
    if (text_.size() - at_ < 5) return std::nullopt;
    unsigned unit = 0;
    const char* const first = text_.data() + at_ + 1;
    const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
    if (error != std::errc{} || end != first + 4) return std::nullopt;
    at_ += 5;
    return unit;
  }

  void append_utf8(unsigned code) {
    const auto put = [this](unsigned byte) { *room_++ = static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xc0 | code >> 6);
    } else {
      put(code < 0x10000 ? 0xe0 | code >> 12 : 0xf0 | code >> 18);
      if (code >= 0x10000) put(0x80 | (code >> 12 & 0x3f));
      put(0x80 | (code >> 6 & 0x3f));
    }
    if (code >= 0x80) put(0x80 | (code & 0x3f));
  }

  bool object(int depth, std::string_view name) {
    const auto opened = tape_.open(JsonValue::Kind::object, name);
    if (!begins_empty('}') && !members(depth)) return false;
    tape_.close(opened);
    return true;
  }

  /// Steps over the opening bracket and, if nothing is within, the closing one.
  bool begins_empty(char closing) {
    ++at_;
    skip_blanks();
    if (peek() != closing) return false;
    ++at_;
    return true;
  }

  bool members(int depth) {
    for (;;) {
      std::string_view key;
      if (peek() != '"') return fail("Expecting property name enclosed in double quotes", at_);
      if (!string(key)) return false;
      skip_blanks();
      if (peek() != ':') return fail("Expecting ':' delimiter", at_);
      ++at_;
      skip_blanks();
      if (!value(depth + 1, key)) return false;
      skip_blanks();
      if (peek() == '}') return ++at_, true;
      if (peek() != ',') return fail("Expecting ',' delimiter", at_);
      ++at_;
      skip_blanks();
    }
  }

  bool array(int depth, std::string_view name) {
    const auto opened = tape_.open(JsonValue::Kind::array, name);
    if (!begins_empty(']') && !items(depth)) return false;
    tape_.close(opened);
    return true;
  }

  bool items(int depth) {
    for (;;) {
      if (!value(depth + 1, {})) return false;
      skip_blanks();
      if (peek() == ']') return ++at_, true;
      if (peek() != ',') return fail("Expecting ',' delimiter", at_);
      ++at_;
      skip_blanks();
    }
  }

  std::string_view text_;
  JsonTape& tape_;
  std::size_t at_ = 0;
  char* room_ = nullptr;
  Mistake mistake_;
};

Violation violation_of(std::string_view body, const Mistake& mistake) {
  const auto before = body.substr(0, mistake.position);
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto line_start = before.rfind('\n');
  const auto characters = [](std::string_view text) {
    return std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  };
  const auto column = 1 + characters(line_start == std::string_view::npos ? before : before.substr(line_start + 1));
  const auto position = characters(before);
  Violation violation;
  violation.loc = {std::string("body"), static_cast<std::int64_t>(position)};
  violation.msg = std::string(mistake.msg) + ": line " + std::to_string(line) + " column " + std::to_string(column) +
                  " (char " + std::to_string(position) + ")";
  violation.type = "value_error.jsondecode";
  violation.ctx = {{"msg", mistake.msg}, {"pos", position}, {"lineno", line}, {"colno", column}};
  return violation;
}

}  // namespace

std::optional<JsonTape> parse_json_body(std::string_view body, Violation& violation) {
  constexpr std::size_t bytes_per_value = 16;                   // of common bodies; with more values the tape grows
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);  // a byte order mark, which Python skips too
  std::optional<JsonTape> tape(std::in_place, 8 + body.size() / bytes_per_value);
  Parser parser(body, *tape);
  if (parser.parse()) return tape;
  violation = violation_of(body, parser.mistake());
  return std::nullopt;
}

}  // namespace pgw::contract
