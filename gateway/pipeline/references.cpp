#include "gateway/pipeline/references.h"

#include <algorithm>

namespace pgw::pipeline {
namespace {

/// RFC 3986 section 5.2.4, of a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (segment == "..") {
      out.resize(std::min(out.rfind('/'), out.size()));
    } else if (segment != ".") {
      out.append("/").append(segment);
    }
  }
  return out;
}

bool has_scheme(std::string_view reference) {
  const auto end = reference.find_first_of(":/");
  return end != std::string_view::npos && reference[end] == ':';
}

/// The path that a reference names on the upstream, seen from the path `base`; empty if it is of another origin.
std::string resolved_path(const config::Url& upstream, const std::string& base, std::string_view reference) {
  reference = reference.substr(0, reference.find_first_of("?#"));
  if (reference.empty()) return base;
  if (has_scheme(reference) || reference.starts_with("//")) {
    const auto start = has_scheme(reference) ? std::string() : upstream.scheme + ":";
    const auto url = config::parse_url(start + std::string(reference)).url;
    const bool is_ours =
        url && url->scheme == upstream.scheme && url->host == upstream.host && url->port == upstream.port;
    return is_ours ? without_dot_segments(url->path) : std::string();
  }
  const auto folder = reference.starts_with('/') ? std::string() : base.substr(0, base.rfind('/') + 1);
  return without_dot_segments(folder + std::string(reference));
}

/// The value of a catch-all is a path of its own: what is written to "a/b" is part of what is read of "a".
void add_parts(std::vector<cache::Segment>& segments, std::string_view value) {
  while (!value.empty()) {
    const auto part = value.substr(0, value.find('/'));
    value.remove_prefix(std::min(value.size(), part.size() + 1));
    segments.push_back({part, true});
  }
}

}  // namespace

std::vector<cache::Segment> segments_of(const contract::Match& match) {
  std::vector<cache::Segment> segments;
  auto value = match.path_values.begin();
  for (const auto& segment : match.operation->segments()) {
    if (!segment.is_parameter) {
      segments.push_back({segment.text, false});
    } else if (segment.is_catch_all) {
      add_parts(segments, *value++);
    } else {
      segments.push_back({*value++, true, !segment.after.empty()});
    }
  }
  return segments;
}

cache::Tags tags_of_reference(const Runtime& runtime, const contract::Match& write, std::string_view reference) {
  const auto& upstream = runtime.settings.upstream.url;
  const auto path = resolved_path(upstream, upstream.path + runtime.contract->canonical_path(write), reference);
  if (!path.starts_with(upstream.path + "/")) return {};
  std::string in_contract = runtime.contract->base_path() + path.substr(upstream.path.size());
  auto tags = tags_of_path(runtime, in_contract);
  if (!tags.empty() || !in_contract.ends_with('/')) return tags;
  in_contract.pop_back();
  return tags_of_path(runtime, in_contract);
}

cache::Tags tags_of_path(const Runtime& runtime, std::string_view path) {
  const std::string& base = runtime.contract->base_path();
  const bool has_base = path.starts_with(base + "/");
  const std::string whole = has_base ? std::string(path) : base + std::string(path);
  for (const char* method : {"GET", "PATCH", "PUT", "POST", "DELETE"}) {
    const auto route = runtime.contract->match(method, whole);
    if (route.status == contract::Route::Status::found) {
      return cache::write_tags(segments_of(route.match), runtime.base_segments);
    }
  }
  return {};
}

}  // namespace pgw::pipeline
