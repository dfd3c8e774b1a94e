#include "gateway/pipeline/references.h"

namespace pgw::pipeline {
namespace {

/// The path of a reference within the upstream's base path, rewritten to the contract's; empty if it lies elsewhere.
std::string path_in_contract(const Runtime& runtime, std::string_view reference) {
  const auto& url = runtime.settings.upstream.url;
  if (const std::string base = url.text(); reference.starts_with(base)) {
    reference.remove_prefix(base.size());
  } else if (reference.starts_with("/") && !reference.starts_with("//") && reference.starts_with(url.path)) {
    reference.remove_prefix(url.path.size());
  } else {
    return {};
  }
  return runtime.contract->base_path() + std::string(reference.substr(0, reference.find_first_of("?#")));
}

}  // namespace

std::vector<cache::Segment> segments_of(const contract::Match& match) {
  std::vector<cache::Segment> segments;
  std::size_t value = 0;
  for (const auto& segment : match.operation->segments()) {
    segments.push_back(segment.is_parameter ? cache::Segment{match.path_values[value++], true}
                                            : cache::Segment{segment.text, false});
  }
  return segments;
}

cache::Tags tags_of_reference(const Runtime& runtime, std::string_view reference) {
  const std::string path = path_in_contract(runtime, reference);
  return path.empty() ? cache::Tags{} : tags_of_path(runtime, path);
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
