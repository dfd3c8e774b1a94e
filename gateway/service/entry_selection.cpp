#include "gateway/service/entry_selection.h"

#include <algorithm>
#include <vector>

#include "base/percent.h"

namespace pgw::service {
namespace {

/// Every "%XX" decoded, whatever it stands for; what is none stays.
std::string decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const int byte = base::percent_byte(text);
    out += byte < 0 ? text.front() : static_cast<char>(byte);
    text.remove_prefix(byte < 0 ? 1 : 3);
  }
  return out;
}

struct Target {
  std::string path;
  std::vector<std::string> pairs;

  explicit Target(std::string_view target) {
    const auto mark = target.find('?');
    path = decoded(target.substr(0, mark));
    if (mark == std::string_view::npos) return;
    for (auto rest = target.substr(mark + 1);;) {
      const auto end = rest.find('&');
      pairs.push_back(decoded(rest.substr(0, end)));
      if (end == std::string_view::npos) return;
      rest.remove_prefix(end + 1);
    }
  }
};

bool has_pair_like(const Target& target, std::string_view beginning) {
  return std::ranges::any_of(target.pairs, [&](const std::string& pair) { return pair.starts_with(beginning); });
}

/// Where a star stands, and how far the text has been taken for it.
struct Star {
  std::string_view rest_of_pattern;
  std::string_view rest_of_text;
  bool is_known = false;
};

/// "*" stands for any text without a slash, "**" for any text. A star takes as little as it can, and more when what
/// stands behind it doesn't fit; when the last "*" may take no more, the last "**" does. No star before those need be
/// asked again: what stood between was found at the earliest place that there is. So the cost is at most the product
/// of both sizes, and that of both together as long as nearly fitting texts are rare.
bool matches(std::string_view text, std::string_view pattern) {
  Star in_segment;
  Star across;
  for (;;) {
    if (pattern.starts_with('*')) {
      const bool crosses_slashes = pattern.starts_with("**");
      pattern.remove_prefix(crosses_slashes ? 2 : 1);
      (crosses_slashes ? across : in_segment) = {pattern, text, true};
      if (crosses_slashes) in_segment.is_known = false;
    } else if (!pattern.empty() && text.starts_with(pattern.front())) {
      text.remove_prefix(1);
      pattern.remove_prefix(1);
    } else if (text.empty() && pattern.empty()) {
      return true;
    } else {
      if (in_segment.rest_of_text.empty() || in_segment.rest_of_text.front() == '/') in_segment.is_known = false;
      Star& taken = in_segment.is_known ? in_segment : across;
      if (!taken.is_known || taken.rest_of_text.empty()) return false;
      taken.rest_of_text.remove_prefix(1);
      text = taken.rest_of_text;
      pattern = taken.rest_of_pattern;
    }
  }
}

/// Each segment encoded as tags are; "*", which stands for what may come to be, stays.
std::string tag_text(std::string_view path) {
  std::string text;
  for (;;) {
    const auto segment = path.substr(0, path.find('/'));
    if (segment == "*") {
      text += segment;
    } else {
      cache::append_encoded(text, segment);
    }
    if (segment.size() == path.size()) return text;
    text += '/';
    path.remove_prefix(segment.size() + 1);
  }
}

}  // namespace

std::string target_of(const cache::KeyParts& parts) {
  std::string target(parts.path);
  if (!parts.query.empty()) target.append("?").append(parts.query);
  return target;
}

bool target_starts_with(const cache::KeyParts& parts, std::string_view prefix) {
  if (decoded(target_of(parts)).starts_with(decoded(prefix))) return true;
  const Target wanted(prefix);
  const Target target(target_of(parts));
  return !wanted.pairs.empty() && target.path == wanted.path &&
         std::ranges::all_of(wanted.pairs, [&](const std::string& pair) { return has_pair_like(target, pair); });
}

bool is_target(const cache::KeyParts& parts, std::string_view target) {
  const Target wanted(target);
  Target its(target_of(parts));
  if (its.path != wanted.path) return false;
  return wanted.pairs.empty() || std::ranges::is_permutation(its.pairs, wanted.pairs);
}

bool path_matches(const cache::KeyParts& parts, std::string_view pattern) {
  return matches(decoded(parts.path), decoded(pattern));
}

cache::Tags tags_named(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  cache::Tags tags;
  for (const std::string& path : {std::string(text), decoded(text)}) {
    cache::Tag tag(tag_text(path));
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
  }
  return tags;
}

}  // namespace pgw::service
