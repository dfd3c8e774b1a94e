#include "cache/structured_field.h"

#include <algorithm>

#include "base/text.h"
#include "base/token.h"

namespace pgw::cache {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_alpha(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool is_key_char(char c) {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}
bool is_token_tail_char(char c) {
  return base::is_token({&c, 1}) || c == ':' || c == '/';
}
bool is_base64_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

// Takes what the grammar of RFC 8941 section 4.2 allows from the front of a text. After the first mistake `failed`
// stays set, and what is returned means nothing.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }

  // 4.2.2
  void read_members(Dictionary& out) {
    skip_spaces();
    while (!rest_.empty() && !failed_) {
      add(out, read_member());
      skip_white_space();
      if (rest_.empty()) return;
      expect(',');
      skip_white_space();
      if (rest_.empty()) failed_ = true;  // a comma at the end
    }
  }

 private:
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  char take() {
    const char c = peek();
    if (rest_.empty()) {
      failed_ = true;
    } else {
      rest_.remove_prefix(1);
    }
    return c;
  }
  void expect(char c) { failed_ = take() != c || failed_; }
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  void skip_white_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  template <typename Accepts>
  std::string_view take_while(Accepts accepts) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), accepts);
    const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  static void add(Dictionary& out, DictionaryMember member) {
    std::erase_if(out, [&](const DictionaryMember& earlier) { return earlier.key == member.key; });
    out.push_back(std::move(member));
  }

  DictionaryMember read_member() {
    DictionaryMember member{read_key(), true};
    if (peek() == '=') {
      take();
      member.value = peek() == '(' ? read_inner_list() : read_bare_item();
    }
    skip_parameters();
    return member;
  }

  std::string_view read_key() {
    if (!is_lower(peek()) && peek() != '*') failed_ = true;
    return take_while(is_key_char);
  }

  void skip_parameters() {
    while (peek() == ';' && !failed_) {
      take();
      skip_spaces();
      read_key();
      if (peek() != '=') continue;
      take();
      read_bare_item();
    }
  }

  FieldValue read_inner_list() {
    take();
    while (!failed_) {
      skip_spaces();
      if (peek() == ')') {
        take();
        return OtherValue{};
      }
      read_bare_item();
      skip_parameters();
      if (peek() != ' ' && peek() != ')') failed_ = true;
    }
    return OtherValue{};
  }

  FieldValue read_bare_item() {
    const char c = peek();
    if (c == '-' || is_digit(c)) return read_number();
    if (c == '"') return read_string();
    if (c == '?') return read_boolean();
    if (c == ':') return read_bytes();
    if (!is_alpha(c) && c != '*') failed_ = true;
    take_while(is_token_tail_char);
    return OtherValue{};
  }

  // An integer of at most 15 digits, or a decimal of at most 12 and 3.
  FieldValue read_number() {
    const bool negative = peek() == '-';
    if (negative) take();
    const auto digits = take_while(is_digit);
    if (digits.empty() || digits.size() > 15) failed_ = true;
    if (peek() == '.') {
      take();
      const auto fraction = take_while(is_digit);
      if (digits.size() > 12 || fraction.empty() || fraction.size() > 3) failed_ = true;
      return OtherValue{};
    }
    if (failed_) return OtherValue{};
    std::int64_t number = 0;
    for (const char digit : digits) number = number * 10 + (digit - '0');
    return negative ? -number : number;
  }

  FieldValue read_string() {
    std::string text;
    take();
    for (char c = take(); c != '"' && !failed_; c = take()) {
      if (c == '\\') {
        c = take();
        if (c != '"' && c != '\\') failed_ = true;
      } else if (c < ' ' || c > '~') {
        failed_ = true;
      }
      text += c;
    }
    return text;
  }

  FieldValue read_boolean() {
    take();
    const char c = take();
    if (c != '0' && c != '1') failed_ = true;
    return c == '1';
  }

  FieldValue read_bytes() {
    take();
    take_while(is_base64_char);
    expect(':');
    return OtherValue{};
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::optional<Dictionary> read_dictionary(HeaderSpan headers, std::string_view name) {
  // Lines are joined by commas before they are read, so that each is a whole number of members: none may be cut. An
  // empty line adds no member.
  Dictionary dictionary;
  for (const Header& header : headers) {
    if (!base::iequals(header.name, name)) continue;
    Reader reader(base::trim(header.value));
    reader.read_members(dictionary);
    if (reader.failed()) return std::nullopt;
  }
  return dictionary;
}

}  // namespace pgw::cache
