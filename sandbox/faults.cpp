#include "sandbox/faults.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "sandbox/text.h"

namespace pgw::sandbox {

namespace {

constexpr std::int64_t largest_body = 64LL * 1024 * 1024;

bool parse_delay(std::string_view value, std::chrono::milliseconds& delay) {
  const auto milliseconds = parse_milliseconds(value);
  if (milliseconds) delay = std::chrono::milliseconds(*milliseconds);
  return milliseconds.has_value();
}

bool parse_status(std::string_view value, std::optional<int>& status) {
  const auto number = parse_integer(value);
  if (!number || *number < 200 || *number > 599) return false;
  status = static_cast<int>(*number);
  return true;
}

bool parse_abort(std::string_view value, Faults::Abort& abort) {
  if (value == "before") abort = Faults::Abort::before;
  if (value == "after") abort = Faults::Abort::after;
  return abort != Faults::Abort::never;
}

bool parse_fields(std::string_view value, HttpHeaders& headers) {
  while (!value.empty()) {
    const std::string_view field = value.substr(0, value.find('|'));
    value.remove_prefix(std::min(value.size(), field.size() + 1));
    const auto colon = field.find(':');
    if (colon == std::string_view::npos || base::trim(field.substr(0, colon)).empty()) return false;
    headers.emplace_back(base::trim(field.substr(0, colon)), base::trim(field.substr(colon + 1)));
  }
  return !headers.empty();
}

bool parse_size(std::string_view value, std::size_t& size) {
  const auto number = parse_integer(value);
  if (!number || *number < 0 || *number > largest_body) return false;
  size = static_cast<std::size_t>(*number);
  return true;
}

/// True if the header was understood; sets what it asks for.
bool parse_header(const std::string& name, std::string_view value, Faults& faults) {
  if (name == "x-sandbox-delay") return parse_delay(value, faults.delay);
  if (name == "x-sandbox-delay-after") return parse_delay(value, faults.delay_after);
  if (name == "x-sandbox-status") return parse_status(value, faults.status);
  if (name == "x-sandbox-abort") return parse_abort(value, faults.abort);
  if (name == "x-sandbox-headers") return parse_fields(value, faults.headers);
  if (name == "x-sandbox-body-size") return parse_size(value, faults.body_size);
  return false;
}

}  // namespace

Faults::Outcome Faults::parse(const http::Request& request) {
  Outcome outcome;
  for (const auto& [name, value] : request.fields) {
    const std::string folded = fold_case(name);
    if (folded.starts_with("x-sandbox-") && !parse_header(folded, value, outcome.faults)) {
      outcome.error = "Fault header " + folded + " is unknown or has a wrong value.";
    }
  }
  return outcome;
}

void Faults::decorate(HttpResponse& response) const {
  response.headers.insert(response.headers.end(), headers.begin(), headers.end());
  if (response.body.size() < body_size) response.body.resize(body_size, ' ');
}

}  // namespace pgw::sandbox
