#include "base/edit_distance.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace pgw::base {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the dynamic programme: two back (for swaps), one back, this one.
  std::vector<std::size_t> two_back(b.size() + 1);
  std::vector<std::size_t> back(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(back.begin(), back.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({back[j] + 1, row[j - 1] + 1, back[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_back[j - 2] + 1);
    }
    std::swap(two_back, back);
    std::swap(back, row);
  }
  return back[b.size()];
}

bool is_likely_slip(std::string_view given, std::string_view wanted) {
  constexpr std::size_t farthest = 2;
  constexpr std::size_t longest_name = 64;
  if (given.size() > longest_name || wanted.size() > longest_name) return false;
  if (given.size() > wanted.size() + farthest || wanted.size() > given.size() + farthest) return false;
  const std::size_t far = edit_distance(given, wanted);
  return far <= farthest && far * 2 <= std::min(given.size(), wanted.size());
}

}  // namespace pgw::base
