#include "contract/form_pairs.h"

#include <algorithm>

#include "base/percent.h"

namespace pgw::contract {
namespace {

bool is_encoded(std::string_view text) {
  return text.find_first_of("%+") != std::string_view::npos;
}

/// Writes what the text stands for to `out`, which has room for it; returns where that ends.
char* decode_form(std::string_view text, char* out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = base::percent_byte(text.substr(i));
    if (byte >= 0) {
      *out++ = static_cast<char>(byte);
      i += 2;
    } else {
      *out++ = text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

Form::Form(std::string_view text) : size_(text.size()) {
  while (!text.empty()) {
    const auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    pairs_.emplace_back(decoded(pair.substr(0, equals)), decoded(value));
  }
}

std::string_view Form::decoded(std::string_view text) {
  if (!is_encoded(text)) return text;
  if (room_ == nullptr) {
    room_.reset(new char[size_]);
    free_ = room_.get();
  }
  const char* const start = free_;
  free_ = decode_form(text, free_);
  return {start, static_cast<std::size_t>(free_ - start)};
}

}  // namespace pgw::contract
