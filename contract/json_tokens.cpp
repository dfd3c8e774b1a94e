#include "contract/json_tokens.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace pgw::contract {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view json_blanks = " \t\r\n";

}  // namespace

bool is_json(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  const auto first = text.find_first_not_of(json_blanks);
  const bool may_be = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  return may_be && nlohmann::json::accept(text.begin(), text.end());
}

std::string text_of(const JsonToken& token) {
  if (!token.has_escapes) return std::string(token.text);
  return nlohmann::json::parse('"' + std::string(token.text) + '"').get<std::string>();
}

JsonTokens::JsonTokens(std::string_view text) : text_(text) {
  if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
}

JsonToken JsonTokens::token_at(std::size_t position) const {
  JsonToken token;
  token.line = line_;
  token.column = 1 + static_cast<int>(position - line_start_ - continuations_);
  return token;
}

std::optional<JsonToken> JsonTokens::next() {
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n') {
      ++line_;
      line_start_ = at_ + 1;
      continuations_ = 0;
    }
    if (c == ',' || c == ':' || json_blanks.find(c) != std::string_view::npos) continue;
    JsonToken token = token_at(at_);
    if (c == '"') {
      take_text(token);
    } else if (c == '{' || c == '[' || c == '}' || c == ']') {
      ++at_;
      token.kind = c == '{'   ? JsonToken::Kind::open_object
                   : c == '[' ? JsonToken::Kind::open_array
                              : JsonToken::Kind::close;
    } else {
      const auto end = std::min(text_.find_first_of(",:]} \t\r\n", at_), text_.size());
      token.text = text_.substr(at_, end - at_);
      at_ = end;
    }
    return token;
  }
  return std::nullopt;
}

void JsonTokens::take_text(JsonToken& token) {
  const std::size_t first = ++at_;
  for (; text_[at_] != '"'; ++at_) {
    if ((static_cast<unsigned char>(text_[at_]) & 0xc0) == 0x80) ++continuations_;
    if (text_[at_] != '\\') continue;
    token.has_escapes = true;
    ++at_;
  }
  token.kind = JsonToken::Kind::text;
  token.text = text_.substr(first, at_ - first);
  ++at_;
}

}  // namespace pgw::contract
