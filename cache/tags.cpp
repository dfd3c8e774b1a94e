#include "cache/tags.h"

#include <algorithm>

#include <xxhash.h>

#include "cache/key.h"

namespace pgw::cache {
namespace {

// The tags of all prefixes of `path` longer than `base` that `wanted` accepts (by the index of their last segment).
// When there is none, the tag of the whole path, so that every path has one.
template <class Wanted>
Tags prefix_tags(std::span<const Segment> path, std::size_t base, Wanted wanted) {
  Tags tags;
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0) text += '/';
    append_encoded(text, path[i].text);
    if (i >= base && wanted(i)) tags.emplace_back(text);
  }
  if (tags.empty()) tags.emplace_back(text);
  return tags;
}

}  // namespace

Tag::Tag(std::string text) : text_(std::move(text)), hash_(XXH3_64bits(text_.data(), text_.size())) {}

std::size_t shared_base(std::span<const std::vector<Segment>> paths) {
  if (paths.empty()) return 0;
  const std::vector<Segment>& first = paths.front();
  std::size_t base = first.size();
  for (const auto& path : paths) {
    std::size_t shared = 0;
    while (shared < std::min(base, path.size()) && !path[shared].is_parameter && !first[shared].is_parameter &&
           path[shared].text == first[shared].text) {
      ++shared;
    }
    base = std::min(shared, path.empty() ? 0 : path.size() - 1);
  }
  return base;
}

Tags read_tags(std::span<const Segment> path, std::size_t base) {
  const auto last_parameter = std::find_if(path.rbegin(), path.rend(), [](const Segment& s) { return s.is_parameter; });
  const auto tail = static_cast<std::size_t>(path.rend() - last_parameter);
  return prefix_tags(path, base, [&](std::size_t i) { return path[i].is_parameter || i >= tail; });
}

Tags write_tags(std::span<const Segment> path, std::size_t base) {
  return prefix_tags(path, base, [](std::size_t) { return true; });
}

std::string join_tags(std::span<const Tag> tags) {
  std::string text;
  for (const Tag& tag : tags) {
    if (!text.empty()) text += ' ';
    text += tag.text();
  }
  return text;
}

bool has_tag(std::string_view joined, std::string_view tag) {
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(' '), joined.size());
    if (joined.substr(0, end) == tag) return true;
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return false;
}

}  // namespace pgw::cache
