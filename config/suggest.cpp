#include "config/suggest.h"

#include <algorithm>

#include "base/edit_distance.h"
#include "base/text.h"

namespace pgw::config {
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known) {
  // Names longer than this are no slip of the keyboard, and the programme above is quadratic.
  if (word.empty() || word.size() > 128) return std::nullopt;
  const std::size_t allowed = word.size() <= 3 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  const std::string folded = base::to_lower(word);
  const std::string* best = nullptr;
  std::size_t best_distance = allowed + 1;
  for (const auto& name : known) {
    const std::size_t distance = base::edit_distance(folded, base::to_lower(name));
    if (distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  const auto name = nearest(word, known);
  return name ? ", did you mean '" + *name + "'?" : std::string{};
}

}  // namespace pgw::config
