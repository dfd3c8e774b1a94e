#include "cache/vary.h"

#include <algorithm>
#include <iterator>

#include "cache/heap_cost.h"

namespace pgw::cache {
namespace {

bool is_case_insensitive(std::string_view name) {
  return equals_ignoring_case(name, "accept-encoding") || equals_ignoring_case(name, "accept-language") ||
         equals_ignoring_case(name, "accept-charset");
}

bool is_unordered(std::string_view name) {
  return equals_ignoring_case(name, "accept-encoding") || equals_ignoring_case(name, "accept-charset");
}

}  // namespace

bool varies_on_everything(HeaderSpan response_headers) {
  const auto names = list_elements(response_headers, "Vary");
  return std::find(names.begin(), names.end(), "*") != names.end();
}

std::optional<std::string> selecting_value(HeaderSpan request_headers, std::string_view name) {
  if (!find(request_headers, name)) return std::nullopt;
  std::vector<std::string_view> elements = list_elements(request_headers, name);
  std::vector<std::string> lowered;
  if (is_case_insensitive(name)) {
    std::transform(elements.begin(), elements.end(), std::back_inserter(lowered), to_lower);
    elements.assign(lowered.begin(), lowered.end());
  }
  if (is_unordered(name)) std::sort(elements.begin(), elements.end());
  std::string value;
  for (const std::string_view element : elements) {
    if (!value.empty()) value += ',';
    value += element;
  }
  return value;
}

Vary::Vary(HeaderSpan response_headers, HeaderSpan request_headers) {
  std::vector<std::string> names;
  for (const std::string_view name : list_elements(response_headers, "Vary")) names.push_back(to_lower(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  fields_.reserve(names.size());
  for (std::string& name : names) {
    auto value = selecting_value(request_headers, name);
    fields_.push_back({std::move(name), std::move(value)});
  }
}

bool Vary::matches(HeaderSpan request_headers) const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [&](const Field& f) { return selecting_value(request_headers, f.name) == f.value; });
}

bool Vary::agree(HeaderSpan a, HeaderSpan b) const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [&](const Field& f) { return selecting_value(a, f.name) == selecting_value(b, f.name); });
}

std::size_t Vary::heap_bytes() const {
  std::size_t bytes = fields_.empty() ? 0 : heap_cost(fields_.capacity() * sizeof(Field));
  for (const Field& f : fields_) {
    bytes += heap_cost(f.name) + (f.value ? heap_cost(*f.value) : 0);
  }
  return bytes;
}

}  // namespace pgw::cache
