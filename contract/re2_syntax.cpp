#include "contract/re2_syntax.h"

#include <algorithm>
#include <utility>

namespace pgw::contract {
namespace {

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

/// What stands in a class for \w, \d or \s; empty for any other escape. \w takes all from the first letter beyond ASCII
/// on but the block of punctuation: each \pL\pN would be 1300 instructions, and patterns repeat it up to 255 times.
std::string_view beyond_ascii(std::string_view escape) {
  if (escape == "\\w") return R"(_0-9A-Za-z\x{aa}-\x{1fff}\x{2070}-\x{3ffff})";
  if (escape == "\\d") return R"(\p{Nd})";
  if (escape == "\\s") return R"(\t-\r\x1c-\x20\x{85}\pZ)";
  return {};
}

/// What stands in a negated class for \W, \D or \S: all that the above leaves, so that [^\W] takes what \w does.
std::string_view complement(std::string_view escape) {
  if (escape == "\\W") return R"(\x00-/:-@\[-^`{-\x{a9}\x{2000}-\x{206f}\x{40000}-\x{10ffff})";
  if (escape == "\\D") return R"(\P{Nd})";
  if (escape == "\\S") {
    return R"(\x00-\x08\x0e-\x1b!-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
           R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
  }
  return {};
}

class Translation {
 public:
  explicit Translation(std::string_view pattern) : rest_(pattern) {}

  std::string finish() {
    while (!rest_.empty()) {
      if (!translate_escape() && !translate_group() && !translate_count() && !enter_class()) copy(1);
    }
    return std::move(out_);
  }

 private:
  void copy(std::size_t length) {
    if (rest_.front() == ']') class_ = Class::none;
    out_ += rest_.substr(0, length);
    rest_.remove_prefix(std::min(length, rest_.size()));
  }

  bool translate_escape() {
    if (rest_.front() != '\\') return false;
    const auto escape = rest_.substr(0, 2);
    const auto members = class_ == Class::negated ? complement(escape) : beyond_ascii(escape);
    if (rest_.size() >= 6 && rest_[1] == 'u' && is_hex(rest_.substr(2, 4))) {
      out_.append("\\x{").append(rest_.substr(2, 4)).append("}");
      rest_.remove_prefix(6);
    } else if (!members.empty()) {
      add_members(members);
      rest_.remove_prefix(2);
    } else {
      copy(2);
    }
    return true;
  }

  void add_members(std::string_view members) {
    if (class_ == Class::none) {
      out_.append("[").append(members).append("]");
      return;
    }
    const bool is_hyphen = out_.ends_with('-') && !out_.ends_with("\\-");
    if (is_hyphen) out_.insert(out_.size() - 1, 1, '\\');  // of no range, since no escape can end one
    out_ += members;
  }

  bool translate_group() {
    const bool is_named =
        class_ == Class::none && rest_.starts_with("(?<") && !rest_.starts_with("(?<=") && !rest_.starts_with("(?<!");
    if (!is_named) return false;
    out_ += "(?P<";
    rest_.remove_prefix(3);
    return true;
  }

  /// Python's {,5} is {0,5}.
  bool translate_count() {
    const bool is_open = class_ == Class::none && rest_.size() > 2 && rest_.starts_with("{,") && rest_[2] != '}';
    if (!is_open) return false;
    out_ += "{0,";
    rest_.remove_prefix(2);
    return true;
  }

  /// A ']' that comes first is one of the class.
  bool enter_class() {
    if (class_ != Class::none || rest_.front() != '[') return false;
    const bool is_negated = rest_.starts_with("[^");
    const std::string_view opening = is_negated ? "[^" : "[";
    copy(opening.size() + (rest_.substr(opening.size()).starts_with(']') ? 1 : 0));
    class_ = is_negated ? Class::negated : Class::plain;
    return true;
  }

  enum class Class { none, plain, negated };

  std::string_view rest_;
  std::string out_;
  Class class_ = Class::none;
};

}  // namespace

std::string re2_syntax(std::string_view pattern) {
  return Translation(pattern).finish();
}

}  // namespace pgw::contract
