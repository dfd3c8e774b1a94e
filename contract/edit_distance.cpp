#include "contract/edit_distance.h"

#include <algorithm>

#include "base/edit_distance.h"

namespace pgw::contract {
namespace {

constexpr std::size_t farthest = 2;
constexpr std::size_t longest_name = 64;

}  // namespace

bool is_likely_slip(std::string_view given, std::string_view wanted) {
  if (given.size() > longest_name || wanted.size() > longest_name) return false;
  if (given.size() > wanted.size() + farthest || wanted.size() > given.size() + farthest) return false;
  const std::size_t far = base::edit_distance(given, wanted);
  return far <= farthest && far * 2 <= std::min(given.size(), wanted.size());
}

}  // namespace pgw::contract
