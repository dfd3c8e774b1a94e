#include "cache/tags.h"

#include <algorithm>

#include <xxhash.h>

#include "cache/key.h"

namespace pgw::cache {
namespace {

// Calls `visit(i, text)` for each prefix of `path` longer than `base`; `i` is the index of its last segment. Returns
// the text of the whole path.
template <class Visit>
std::string for_each_prefix(std::span<const Segment> path, std::size_t base, Visit visit) {
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0) text += '/';
    append_encoded(text, path[i].text);
    if (i >= base) visit(i, text);
  }
  return text;
}

// The tag of the whole path when there is no other, so that every path has one.
Tags or_whole(Tags tags, std::string whole) {
  if (tags.empty()) tags.emplace_back(std::move(whole));
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

Tag arrivals_in(std::string_view collection) {
  return Tag(std::string(collection) + "/*");
}

Tags read_tags(std::span<const Segment> path, std::size_t base) {
  const auto last_parameter = std::find_if(path.rbegin(), path.rend(), [](const Segment& s) { return s.is_parameter; });
  const auto tail = static_cast<std::size_t>(path.rend() - last_parameter);
  Tags tags;
  std::string whole = for_each_prefix(path, base, [&](std::size_t i, const std::string& text) {
    if (path[i].is_parameter || i >= tail) tags.emplace_back(text);
  });
  return or_whole(std::move(tags), std::move(whole));
}

void add_refusal_tags(Tags& tags, std::span<const Segment> path, std::size_t base) {
  for_each_prefix(path, base, [&](std::size_t i, const std::string& text) {
    if (!path[i].is_parameter && i + 1 < path.size()) tags.push_back(arrivals_in(text));
  });
}

Tags write_tags(std::span<const Segment> path, std::size_t base) {
  const bool may_create_others = !path.empty() && (!path.back().is_parameter || path.back().ends_on_literal);
  Tags tags;
  Tags arrivals;
  std::string whole = for_each_prefix(path, base, [&](std::size_t i, const std::string& text) {
    tags.emplace_back(text);
    if (may_create_others && !path[i].is_parameter) arrivals.push_back(arrivals_in(text));
  });
  tags.insert(tags.end(), arrivals.begin(), arrivals.end());
  return or_whole(std::move(tags), std::move(whole));
}

std::string tag_text(std::string_view name) {
  std::string text;
  for (;;) {
    const auto segment = name.substr(0, name.find('/'));
    if (segment == "*") {
      text += segment;
    } else {
      append_encoded(text, segment);
    }
    if (segment.size() == name.size()) return text;
    text += '/';
    name.remove_prefix(segment.size() + 1);
  }
}

std::string join_tags(std::span<const Tag> tags) {
  std::string text;
  for (const Tag& tag : tags) {
    if (!text.empty()) text += ' ';
    text += tag.text();
  }
  return text;
}

Tags split_tags(std::string_view joined) {
  Tags tags;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(' '), joined.size());
    tags.emplace_back(std::string(joined.substr(0, end)));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return tags;
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
