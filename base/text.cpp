#include "base/text.h"

#include <algorithm>

namespace pgw::base {

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

std::size_t ifind(std::string_view text, std::string_view word, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  const auto at = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), word.begin(), word.end(),
                              [](char a, char b) { return to_lower(a) == to_lower(b); });
  return at == text.end() && !word.empty() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

}  // namespace pgw::base
