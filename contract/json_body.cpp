#include "contract/json_body.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "contract/utf8.h"

namespace pgw::contract {
namespace {

/// A mistake in a text, in the words of Python's json.loads.
struct Mistake {
  std::string msg;
  std::size_t position = 0;
};

/// Walks the text as Python's decoder does. Only run once a real parser has refused it, so it need not be fast.
class MistakeFinder {
 public:
  explicit MistakeFinder(std::string_view text) : text_(text) {}

  /// An empty message if Python would take the text.
  Mistake find() {
    skip_blanks();
    if (value(0)) {
      skip_blanks();
      if (at_ < text_.size()) fail("Extra data", at_);
    }
    return mistake_;
  }

 private:
  bool fail(const char* msg, std::size_t position) {
    if (mistake_.msg.empty()) mistake_ = {msg, position};
    return false;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool value(int depth) {
    if (depth == deepest_json && (peek() == '{' || peek() == '[')) return fail("Nested too deeply", at_);
    switch (peek()) {
      case '"':
        return string();
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      default:
        return word();
    }
  }

  bool word() {
    for (const std::string_view literal : {"true", "false", "null"}) {
      if (text_.substr(at_).starts_with(literal)) {
        at_ += literal.size();
        return true;
      }
    }
    return number();
  }

  std::size_t digits() {
    const std::size_t first = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - first;
  }

  /// -?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?, as far as it goes.
  bool number() {
    const std::size_t start = at_;
    if (peek() == '-') ++at_;
    const bool leading_zero = peek() == '0';
    if (leading_zero) {
      ++at_;
    } else if (digits() == 0) {
      at_ = start;
      return fail("Expecting value", start);
    }
    optional_part([this] { return peek() == '.' ? (++at_, true) : false; });
    optional_part([this] {
      if (peek() != 'e' && peek() != 'E') return false;
      ++at_;
      if (peek() == '-' || peek() == '+') ++at_;
      return true;
    });
    // JSON as such, but no number that this program (or most others) can hold: RFC 8259 section 6.
    if (!std::isfinite(std::strtod(std::string(text_.substr(start, at_ - start)).c_str(), nullptr))) {
      return fail("Number out of range", start);
    }
    return true;
  }

  template <typename Begin>
  void optional_part(Begin begins) {
    const std::size_t before = at_;
    if (!begins() || digits() == 0) at_ = before;
  }

  bool string() {
    const std::size_t start = at_++;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return fail("Invalid control character at", at_);
      if (c == '\\' && !escape(start)) return false;
      ++at_;
    }
    return fail("Unterminated string starting at", start);
  }

  bool escape(std::size_t string_start) {
    const std::size_t start = at_++;
    if (at_ >= text_.size()) return fail("Unterminated string starting at", string_start);
    const char c = text_[at_];
    if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) return true;
    if (c != 'u') return fail("Invalid \\escape", start);
    const auto unit = hex_unit();
    if (!unit) return fail("Invalid \\uXXXX escape", start + 1);
    const bool is_high = *unit >= 0xd800 && *unit < 0xdc00;
    const bool is_low = *unit >= 0xdc00 && *unit < 0xe000;
    // Python takes half a surrogate pair; what would be forwarded is no text, though (RFC 8259 section 8.2).
    if (is_low || (is_high && !low_surrogate())) return fail("Lone surrogate", start);
    return true;
  }

  /// From the 'u' to the last of four digits.
  std::optional<unsigned> hex_unit() {
    unsigned unit = 0;
    const char* const first = text_.data() + at_ + 1;
    if (text_.size() - at_ < 5) return std::nullopt;
    const auto [end, error] = std::from_chars(first, first + 4, unit, 16);
    if (error != std::errc{} || end != first + 4) return std::nullopt;
    at_ += 4;
    return unit;
  }

  bool low_surrogate() {
    if (!text_.substr(at_ + 1).starts_with("\\u")) return false;
    at_ += 2;
    const auto unit = hex_unit();
    return unit && *unit >= 0xdc00 && *unit < 0xe000;
  }

  bool object(int depth) {
    ++at_;
    skip_blanks();
    if (peek() == '}') return ++at_, true;
    for (;;) {
      if (peek() != '"') return fail("Expecting property name enclosed in double quotes", at_);
      if (!string()) return false;
      skip_blanks();
      if (peek() != ':') return fail("Expecting ':' delimiter", at_);
      ++at_;
      skip_blanks();
      if (!value(depth + 1)) return false;
      skip_blanks();
      if (peek() == '}') return ++at_, true;
      if (peek() != ',') return fail("Expecting ',' delimiter", at_);
      ++at_;
      skip_blanks();
    }
  }

  bool array(int depth) {
    ++at_;
    skip_blanks();
    if (peek() == ']') return ++at_, true;
    for (;;) {
      if (!value(depth + 1)) return false;
      skip_blanks();
      if (peek() == ']') return ++at_, true;
      if (peek() != ',') return fail("Expecting ',' delimiter", at_);
      ++at_;
      skip_blanks();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Mistake mistake_;
};

/// Whether brackets outside of strings nest deeper than allowed. One pass, so that the parser never sees such a text.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > deepest_json) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Mistake first_mistake(std::string_view body) {
  const std::size_t readable = utf8_prefix(body);
  if (readable < body.size()) return {"Invalid UTF-8", readable};
  const Mistake mistake = MistakeFinder(body).find();
  return mistake.msg.empty() ? Mistake{"Expecting value", 0} : mistake;
}

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
  violation.msg = mistake.msg + ": line " + std::to_string(line) + " column " + std::to_string(column) + " (char " +
                  std::to_string(position) + ")";
  violation.type = "value_error.jsondecode";
  violation.ctx = {{"msg", mistake.msg}, {"pos", position}, {"lineno", line}, {"colno", column}};
  return violation;
}

}  // namespace

std::optional<nlohmann::json> parse_json_body(std::string_view body, Violation& violation) {
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);  // a byte order mark, which Python skips too
  // nlohmann's lexer takes a NUL for the end of its input, whatever comes after.
  const bool has_nul = body.find('\0') != std::string_view::npos;
  if (!has_nul && !is_too_deep(body)) {
    auto value = nlohmann::json::parse(body.begin(), body.end(), nullptr, false);
    if (!value.is_discarded()) return value;
  }
  violation = violation_of(body, first_mistake(body));
  return std::nullopt;
}

}  // namespace pgw::contract
