#include "cache/vary.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "cache/heap_cost.h"

namespace pgw::cache {
namespace {

constexpr std::string_view kAcceptLanguage = "accept-language";
constexpr std::size_t kMostNames = 64;

// Lists of what a client would like, by weight: neither case nor order of their members means anything (RFC 9110 12.5).
bool is_weighted_list(std::string_view name) {
  return base::iequals(name, "accept-encoding") || base::iequals(name, kAcceptLanguage) ||
         base::iequals(name, "accept-charset");
}

// The one language of a response, in lower case; empty when it names none or several.
std::string language_of(HeaderSpan response_headers) {
  const auto languages = list_elements(response_headers, "Content-Language");
  return languages.size() == 1 ? base::to_lower(languages.front()) : std::string();
}

// In thousandths, from the parameters of a list element, ";q=0.5" (RFC 9110 12.4.2); 0 for what is no weight.
int weight_of(std::string_view parameters) {
  if (base::trim(parameters).empty()) return 1000;
  const std::string_view parameter = base::trim(parameters.substr(1));
  if (parameter.size() < 3 || !base::iequals(parameter.substr(0, 2), "q=")) return 0;
  const std::string_view number = parameter.substr(2);
  if (number.size() > 5 || (number.size() > 1 && number[1] != '.') || (number[0] != '0' && number[0] != '1')) return 0;
  int weight = (number[0] - '0') * 1000;
  int place = 100;
  for (const char c : number.substr(std::min<std::size_t>(2, number.size()))) {
    if (c < '0' || c > '9') return 0;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= 1000 ? weight : 0;
}

}  // namespace

bool varies_on_everything(HeaderSpan response_headers) {
  const auto names = list_elements(response_headers, "Vary");
  return names.size() > kMostNames || std::find(names.begin(), names.end(), "*") != names.end();
}

std::optional<std::string> selecting_value(HeaderSpan request_headers, std::string_view name) {
  if (!find(request_headers, name)) return std::nullopt;
  std::vector<std::string_view> elements = list_elements(request_headers, name);
  std::vector<std::string> lowered;
  if (is_weighted_list(name)) {
    std::transform(elements.begin(), elements.end(), std::back_inserter(lowered),
                   [](std::string_view element) { return base::to_lower(element); });
    std::sort(lowered.begin(), lowered.end());
    elements.assign(lowered.begin(), lowered.end());
  }
  std::string value;
  for (const std::string_view element : elements) {
    if (!value.empty()) value += ',';
    value += element;
  }
  return value;
}

std::string preferred_language(HeaderSpan request_headers) {
  std::string_view preferred;
  int highest = 0;
  for (const std::string_view element : list_elements(request_headers, "Accept-Language")) {
    const std::size_t semicolon = std::min(element.find(';'), element.size());
    const int weight = weight_of(element.substr(semicolon));
    if (weight < highest || weight == 0) continue;
    preferred = weight == highest ? std::string_view() : base::trim(element.substr(0, semicolon));
    highest = weight;
  }
  return preferred == "*" ? std::string() : base::to_lower(preferred);
}

Vary::Vary(HeaderSpan response_headers, HeaderSpan request_headers) {
  std::vector<std::string> names;
  for (const std::string_view name : list_elements(response_headers, "Vary")) names.push_back(base::to_lower(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  fields_.reserve(names.size());
  for (std::string& name : names) {
    auto value = selecting_value(request_headers, name);
    if (name == kAcceptLanguage) language_ = language_of(response_headers);
    fields_.push_back({std::move(name), std::move(value)});
  }
}

bool Vary::matches(const Field& field, HeaderSpan request_headers) const {
  if (selecting_value(request_headers, field.name) == field.value) return true;
  return !language_.empty() && field.name == kAcceptLanguage && preferred_language(request_headers) == language_;
}

bool Vary::matches(HeaderSpan request_headers) const {
  return std::all_of(fields_.begin(), fields_.end(), [&](const Field& f) { return matches(f, request_headers); });
}

bool Vary::agree(HeaderSpan a, HeaderSpan b) const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [&](const Field& f) { return selecting_value(a, f.name) == selecting_value(b, f.name); });
}

std::vector<Header> Vary::request_fields() const {
  std::vector<Header> headers;
  for (const Field& field : fields_) {
    if (field.value) headers.push_back({field.name, *field.value});
  }
  return headers;
}

bool Vary::holds_secrets() const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [](const Field& f) { return f.value && (f.name == "authorization" || f.name == "cookie"); });
}

std::size_t Vary::heap_bytes() const {
  std::size_t bytes = heap_cost(language_) + (fields_.empty() ? 0 : heap_cost(fields_.capacity() * sizeof(Field)));
  for (const Field& f : fields_) {
    bytes += heap_cost(f.name) + (f.value ? heap_cost(*f.value) : 0);
  }
  return bytes;
}

}  // namespace pgw::cache
