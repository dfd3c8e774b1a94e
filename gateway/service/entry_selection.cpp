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

/// Where a pattern's star stands, and how far the text goes that it stands for so far.
struct Star {
  std::size_t pattern_at = std::string_view::npos;
  std::size_t text_at = 0;

  bool is_there() const { return pattern_at != std::string_view::npos; }
};

/// What stands between two stars is best found as early as it can be, so that only the last star of each kind is ever
/// tried again: the time is bounded by the product of both lengths.
bool matches(std::string_view text, std::string_view pattern) {
  Star any;      // the last "**"
  Star segment;  // the last "*" behind it
  std::size_t at = 0;
  std::size_t pattern_at = 0;
  for (;;) {
    if (pattern.substr(pattern_at).starts_with("**")) {
      any = {pattern_at += 2, at};
      segment = {};
    } else if (pattern.substr(pattern_at).starts_with('*')) {
      segment = {++pattern_at, at};
    } else if (at == text.size() && pattern_at == pattern.size()) {
      return true;
    } else if (at < text.size() && pattern_at < pattern.size() && text[at] == pattern[pattern_at]) {
      ++at;
      ++pattern_at;
    } else if (segment.is_there() && segment.text_at < text.size() && text[segment.text_at] != '/') {
      at = ++segment.text_at;
      pattern_at = segment.pattern_at;
    } else if (any.is_there() && any.text_at < text.size()) {
      at = ++any.text_at;
      pattern_at = any.pattern_at;
      segment = {};
    } else {
      return false;
    }
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

std::vector<std::string> targets_named(std::string_view url, std::string_view base_path) {
  if (const auto scheme = url.find("://"); scheme < url.find_first_of("/?")) {
    url.remove_prefix(std::min(url.find_first_of("/?", scheme + 3), url.size()));
  }
  std::vector<std::string> targets{std::string(url)};
  const auto behind = url.substr(std::min(base_path.size(), url.size()));
  const bool has_base = !base_path.empty() && url.starts_with(base_path) && behind.starts_with('/');
  if (has_base) targets.emplace_back(behind);
  return targets;
}

cache::Tags tags_named(std::string_view text) {
  while (text.starts_with('/')) text.remove_prefix(1);
  cache::Tags tags;
  for (const std::string& path : {std::string(text), decoded(text)}) {
    cache::Tag tag(cache::tag_text(path));
    if (std::ranges::find(tags, tag) == tags.end()) tags.push_back(std::move(tag));
  }
  return tags;
}

}  // namespace pgw::service
