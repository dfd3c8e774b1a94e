#include "contract/ecma_syntax.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "base/text.h"

namespace pgw::contract {
namespace {

/// WhiteSpace and LineTerminator of ECMA 262, and all others, as members of a class.
constexpr std::string_view blank_members =
    R"(\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view no_blank_members =
    R"(\x00-\x08\x0e-\x1f!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e})"
    R"(\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";

/// The members of a class that an escape stands for; empty for any other.
std::string_view class_members_of(char escape) {
  switch (escape) {
    case 'd':
      return "0-9";
    case 'D':
      return R"(\x00-/:-\x{10ffff})";
    case 'w':
      return "0-9A-Za-z_";
    case 'W':
      return R"(\x00-/:-@\[-^`{-\x{10ffff})";
    case 's':
      return blank_members;
    case 'S':
      return no_blank_members;
    default:
      return {};
  }
}

/// General categories by their long names (UAX 44, table 12), as the engines know the short ones.
std::string_view short_category(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 40> categories{
      {{"Letter", "L"},
       {"Cased_Letter", "L&"},
       {"Uppercase_Letter", "Lu"},
       {"Lowercase_Letter", "Ll"},
       {"Titlecase_Letter", "Lt"},
       {"Modifier_Letter", "Lm"},
       {"Other_Letter", "Lo"},
       {"Mark", "M"},
       {"Combining_Mark", "M"},
       {"Nonspacing_Mark", "Mn"},
       {"Spacing_Mark", "Mc"},
       {"Enclosing_Mark", "Me"},
       {"Number", "N"},
       {"Decimal_Number", "Nd"},
       {"digit", "Nd"},
       {"Letter_Number", "Nl"},
       {"Other_Number", "No"},
       {"Punctuation", "P"},
       {"punct", "P"},
       {"Connector_Punctuation", "Pc"},
       {"Dash_Punctuation", "Pd"},
       {"Open_Punctuation", "Ps"},
       {"Close_Punctuation", "Pe"},
       {"Initial_Punctuation", "Pi"},
       {"Final_Punctuation", "Pf"},
       {"Other_Punctuation", "Po"},
       {"Symbol", "S"},
       {"Math_Symbol", "Sm"},
       {"Currency_Symbol", "Sc"},
       {"Modifier_Symbol", "Sk"},
       {"Other_Symbol", "So"},
       {"Separator", "Z"},
       {"Space_Separator", "Zs"},
       {"Line_Separator", "Zl"},
       {"Paragraph_Separator", "Zp"},
       {"Other", "C"},
       {"Control", "Cc"},
       {"Format", "Cf"},
       {"Private_Use", "Co"},
       {"Alphabetic", "L"}}};
  const auto* const found = std::ranges::find(categories, name, &std::pair<std::string_view, std::string_view>::first);
  return found == categories.end() ? name : found->second;
}

using base::is_digit;
using base::is_letter;

class EcmaTranslator {
 public:
  explicit EcmaTranslator(std::string_view pattern) : rest_(pattern) {}

  EcmaTranslation finish() {
    while (!rest_.empty() && result_.problem.empty()) {
      if (in_class_) {
        translate_in_class();
      } else {
        translate_outside();
      }
    }
    if (in_class_) fail("a class is not closed");
    return std::move(result_);
  }

 private:
  void fail(std::string problem) {
    if (result_.problem.empty()) result_.problem = std::move(problem);
    rest_ = {};
  }

  void emit(std::string_view text) { result_.expression += text; }

  void emit_code_point(std::uint32_t code_point) {
    emit("\\x{");
    std::string digits;
    do {
      digits.insert(digits.begin(), "0123456789abcdef"[code_point % 16]);
      code_point /= 16;
    } while (code_point > 0);
    emit(digits);
    emit("}");
  }

  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void translate_outside() {
    const char c = take();
    if (c == '\\') return translate_escape();
    if (c == '[') return open_class();
    if (c == '.') return emit(R"([^\n\r\x{2028}\x{2029}])");
    if (c == '(' && rest_.starts_with("?<") && !rest_.starts_with("?<=") && !rest_.starts_with("?<!")) {
      rest_.remove_prefix(2);
      return emit("(?P<");
    }
    if (c == '(' && rest_.starts_with('?')) return translate_group();
    if (c == '{' && !begins_count()) return emit("\\{");
    if ((c == '*' || c == '+' || c == '?' || c == '}') && rest_.starts_with('+')) return fail("nothing to repeat");
    emit({&c, 1});
  }

  /// Groups that the engines know and ECMA 262 doesn't (inline flags, conditions, atomic ones) are mistakes.
  void translate_group() {
    for (const std::string_view known : {"?:", "?=", "?!", "?<=", "?<!"}) {
      if (!rest_.starts_with(known)) continue;
      emit("(");
      emit(known);
      rest_.remove_prefix(known.size());
      return;
    }
    fail("no such group: (" + std::string(rest_.substr(0, 2)));
  }

  /// {2}, {2,}, {2,3}: any other brace stands for itself.
  bool begins_count() const {
    std::size_t at = 0;
    const auto skip_digits = [&] {
      const std::size_t first = at;
      while (at < rest_.size() && is_digit(rest_[at])) ++at;
      return at > first;
    };
    if (!skip_digits()) return false;
    if (at < rest_.size() && rest_[at] == ',') {
      ++at;
      skip_digits();
    }
    return at < rest_.size() && rest_[at] == '}';
  }

  /// [] takes nothing, [^] anything.
  void open_class() {
    const bool is_negated = rest_.starts_with('^');
    if (is_negated) rest_.remove_prefix(1);
    if (rest_.starts_with(']')) {
      rest_.remove_prefix(1);
      return emit(is_negated ? R"([\x00-\x{10ffff}])" : R"([^\x00-\x{10ffff}])");
    }
    emit(is_negated ? "[^" : "[");
    in_class_ = true;
    may_be_range_ = false;
  }

  void translate_in_class() {
    const char c = take();
    if (c == ']') {
      in_class_ = false;
      return emit("]");
    }
    if (c == '\\') return translate_escape();
    if (c == '-') return translate_hyphen();
    // The engines take "[:" for the beginning of a POSIX class, "&&" and "[" for operators of sets.
    if (c == '[' || c == '&' || c == '^') emit("\\");
    emit({&c, 1});
    may_be_range_ = true;
  }

  /// Of a range only between two characters; beside a class escape it stands for itself.
  void translate_hyphen() {
    const bool ends = rest_.empty() || rest_.front() == ']';
    const bool meets_set = rest_.size() > 1 && rest_.front() == '\\' &&
                           (!class_members_of(rest_[1]).empty() || rest_[1] == 'p' || rest_[1] == 'P');
    const bool is_range = may_be_range_ && !ends && !meets_set;
    emit(is_range ? "-" : "\\-");
    may_be_range_ = !is_range;
  }

  void translate_escape() {
    if (rest_.empty()) return fail("the pattern ends in an escape");
    const char c = take();
    if (const auto members = class_members_of(c); !members.empty()) {
      may_be_range_ = false;
      if (in_class_) return emit(members);
      emit("[");
      emit(members);
      return emit("]");
    }
    if (c == 'p' || c == 'P') return translate_property(c);
    may_be_range_ = true;
    if (c == 'u') return translate_unicode();
    if (c == 'x') return translate_hex();
    if (c == 'c') return translate_control();
    if (c == 'k' && !in_class_ && rest_.starts_with('<')) return emit("\\k");
    if (is_digit(c)) return translate_digit(c);
    if (c == 'b' && in_class_) return emit("\\x08");
    if (c == 'b' || c == 'B') return emit(c == 'b' ? "\\b" : "\\B");
    if (c == 't' || c == 'n' || c == 'r' || c == 'f') return emit(std::string{'\\', c});
    if (c == 'v') return emit("\\x0b");
    if (is_letter(c) || c == '_') {
      result_.is_strict = false;
      return emit({&c, 1});
    }
    const bool is_syntax = std::string_view("^$\\.*+?()[]{}|/-").find(c) != std::string_view::npos;
    result_.is_strict = result_.is_strict && is_syntax;
    if (static_cast<unsigned char>(c) < 0x80) emit("\\");
    emit({&c, 1});
  }

  void translate_digit(char digit) {
    if (digit == '0' && (rest_.empty() || !is_digit(rest_.front()))) return emit("\\x00");
    if (digit == '0' || in_class_) return fail("an octal escape");
    std::string number(1, digit);
    while (!rest_.empty() && is_digit(rest_.front())) number += take();
    emit("\\g{" + number + "}");
  }

  std::optional<std::uint32_t> hex(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : rest_.substr(0, digits)) {
      const int digit = base::hex_value(c);
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    rest_.remove_prefix(digits);
    return value;
  }

  /// \u00e9, \u{1f600}, or two halves of a pair.
  void translate_unicode() {
    if (rest_.starts_with('{')) {
      const auto end = rest_.find('}');
      const auto digits = end == std::string_view::npos ? 0 : end - 1;
      rest_.remove_prefix(1);
      const auto value = digits > 0 && digits <= 6 ? hex(digits) : std::nullopt;
      if (!value || *value > 0x10ffff) return fail("\\u{...} names no character");
      rest_.remove_prefix(1);
      return emit_code_point(*value);
    }
    auto value = hex(4);
    if (!value) return fail("\\u wants four hexadecimal digits");
    if (*value >= 0xd800 && *value < 0xdc00 && rest_.starts_with("\\u")) {
      rest_.remove_prefix(2);
      const auto low = hex(4);
      if (!low || *low < 0xdc00 || *low > 0xdfff) return fail("half of a surrogate pair");
      value = 0x10000 + ((*value - 0xd800) << 10) + (*low - 0xdc00);
    }
    if (*value >= 0xd800 && *value < 0xe000) return fail("half of a surrogate pair");
    emit_code_point(*value);
  }

  void translate_hex() {
    const auto value = hex(2);
    if (!value) return fail("\\x wants two hexadecimal digits");
    emit_code_point(*value);
  }

  void translate_control() {
    if (rest_.empty() || !is_letter(rest_.front())) return fail("\\c wants a letter");
    emit_code_point(static_cast<std::uint32_t>(take()) % 32);
  }

  /// \p{L}, \p{Letter}, \p{General_Category=Letter}, \p{Script=Greek}.
  void translate_property(char kind) {
    const auto end = rest_.find('}');
    if (!rest_.starts_with('{') || end == std::string_view::npos) return fail("\\p wants {a property}");
    std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (const auto equals = name.find('='); equals != std::string_view::npos) name.remove_prefix(equals + 1);
    if (name.empty() || name.find_first_of("{}^\\") != std::string_view::npos) return fail("\\p wants {a property}");
    may_be_range_ = false;
    if (name == "Any") {
      const std::string_view any = kind == 'p' ? R"(\x00-\x{10ffff})" : "";
      return in_class_ ? emit(any) : emit(kind == 'p' ? R"([\x00-\x{10ffff}])" : R"([^\x00-\x{10ffff}])");
    }
    if (name == "ASCII") {
      const std::string_view ascii = kind == 'p' ? R"(\x00-\x7f)" : R"(\x{80}-\x{10ffff})";
      return in_class_ ? emit(ascii) : emit("[" + std::string(ascii) + "]");
    }
    emit(std::string{'\\', kind, '{'}.append(short_category(name)).append("}"));
  }

  std::string_view rest_;
  EcmaTranslation result_;
  bool in_class_ = false;
  bool may_be_range_ = false;  // what was read last may begin a range of a class
};

}  // namespace

EcmaTranslation ecma_as_re2(std::string_view pattern) {
  return EcmaTranslator(pattern).finish();
}

}  // namespace pgw::contract
