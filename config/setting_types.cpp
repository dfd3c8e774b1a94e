#include "config/setting_types.h"

#include <charconv>
#include <system_error>
#include <utility>

#include "base/token.h"
#include "config/secret_file.h"
#include "config/units.h"

namespace pgw::config {
namespace {

using nlohmann::json;

const json non_empty_text{{"type", "string"}, {"minLength", 1}};

/// A text with its unit; the value, or nullopt once the problem has been reported.
template <typename Value>
std::optional<Value> parsed(const Section& section, std::string_view key,
                            std::optional<Value> (*parse)(std::string_view), const char* expected) {
  const auto text = section.text(key);
  auto value = text ? parse(*text) : std::nullopt;
  if (!value) section.error(key, expected);
  return value;
}

std::string range(const std::string& what, const std::string& least, const std::string& most) {
  return what + ", " + least + " to " + most;
}

}  // namespace

json Duration::schema() const {
  return json::object();
}

std::string Duration::text() const {
  return least.count() == 0 ? "duration" : "duration, at least " + to_text(least);
}

void Duration::read(const Section& section, std::string_view key, std::chrono::milliseconds& into) const {
  const auto value =
      parsed(section, key, parse_duration, "a duration with its unit expected, e.g. 250ms, 15s, 5m, 1h30m, 2d");
  if (!value) return;
  if (*value < least) return section.error(key, "must be at least " + to_text(least));
  into = *value;
}

json Duration::tell(std::chrono::milliseconds value) const {
  return to_text(value);
}

json Size::schema() const {
  return json::object();
}

std::string Size::text() const {
  return range("size", size_text(least), size_text(most));
}

void Size::read(const Section& section, std::string_view key, std::uint64_t& into) const {
  const auto value = parsed(section, key, parse_size, "a size with its unit expected, e.g. 512B, 32KiB, 256MiB, 2GiB");
  if (!value) return;
  if (*value < least) return section.error(key, "must be at least " + size_text(least));
  if (*value > most) return section.error(key, "must be at most " + size_text(most));
  into = *value;
}

json Size::tell(std::uint64_t value) const {
  return size_text(value);
}

json Count::schema() const {
  return {{"type", "integer"}, {"minimum", least}, {"maximum", most}};
}

std::string Count::text() const {
  return range("number", std::to_string(least), std::to_string(most));
}

void Count::read(const Section& section, std::string_view key, std::uint32_t& into) const {
  const json* value = section.find(key);
  if (value != nullptr && value->is_number_integer()) into = value->get<std::uint32_t>();
}

json Count::tell(std::uint32_t value) const {
  return value;
}

json Percent::schema() const {
  return {{"type", "string"}};
}

std::string Percent::text() const {
  return range("percentage", "0%", std::to_string(most) + "%");
}

void Percent::read(const Section& section, std::string_view key, std::uint32_t& into) const {
  const auto text = section.text(key);
  if (!text) return;
  std::uint32_t value = 0;
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, value);
  if (error != std::errc{} || std::string_view(end, last) != "%" || value > most) {
    return section.error(key, "a percentage expected, 0% to " + std::to_string(most) + "%");
  }
  into = value;
}

json Percent::tell(std::uint32_t value) const {
  return std::to_string(value) + "%";
}

void DurationsByStatus::read(const Section& section, std::string_view key,
                             std::map<int, std::chrono::milliseconds>& into) const {
  const Section statuses = section.at(key);
  for (const auto& name : statuses.keys()) {
    int status = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), status);
    const bool is_final = error == std::errc{} && end == name.data() + name.size() && status >= 200 && status < 600;
    if (!is_final || status == 206 || status == 304) {
      statuses.error(name, "a status that can be stored expected, e.g. 404");
      continue;
    }
    std::chrono::milliseconds ttl{0};
    Duration{}.read(statuses, name, ttl);
    into[status] = ttl;
  }
}

json DurationsByStatus::tell(const std::map<int, std::chrono::milliseconds>& value) const {
  auto out = json::object();
  for (const auto& [status, ttl] : value) out[std::to_string(status)] = to_text(ttl);
  return out;
}

json Flag::schema() const {
  return {{"type", "boolean"}};
}

std::string Flag::text() const {
  return "`true`, `false`";
}

void Flag::read(const Section& section, std::string_view key, bool& into) const {
  const json* value = section.find(key);
  if (value != nullptr && value->is_boolean()) into = value->get<bool>();
}

json Flag::tell(bool value) const {
  return value;
}

json Text::schema() const {
  return non_empty_text;
}

void Text::read(const Section& section, std::string_view key, std::string& into) const {
  into = section.text(key).value_or("");
}

json Text::tell(const std::string& value) const {
  return value.empty() ? json() : json(value);
}

json FieldName::schema() const {
  return non_empty_text;
}

void FieldName::read(const Section& section, std::string_view key, std::string& into) const {
  into = section.text(key).value_or("");
  if (!base::is_token(into)) section.error(key, "the name of a header field expected, e.g. X-API-KEY");
}

json FieldName::tell(const std::string& value) const {
  return value.empty() ? json() : json(value);
}

json Texts::schema() const {
  return {{"type", "array"}, {"items", non_empty_text}};
}

void Texts::read(const Section& section, std::string_view key, std::vector<std::string>& into) const {
  into = section.texts(key);
}

json SomeTexts::schema() const {
  json out = Texts::schema();
  out["minItems"] = 1;
  return out;
}

json Path::schema() const {
  return non_empty_text;
}

void Path::read(const Section& section, std::string_view key, std::filesystem::path& into) const {
  if (const auto path = section.text(key)) into = (section.folder() / *path).lexically_normal();
}

json Path::tell(const std::filesystem::path& value) const {
  return value.empty() ? json() : json(value.string());
}

json ListenAddress::schema() const {
  return {{"type", "string"}};
}

void ListenAddress::read(const Section& section, std::string_view key, Address& into) const {
  const auto address = parsed(section, key, parse_address,
                              "HOST:PORT expected, e.g. 127.0.0.1:8080, [::1]:8080, with a port from 0 to 65535");
  if (address) into = *address;
}

json HttpUrl::schema() const {
  return non_empty_text;
}

void HttpUrl::read(const Section& section, std::string_view key, Url& into) const {
  auto parsed = parse_url(section.text(key).value_or(""));
  if (!parsed.url) return section.error(key, parsed.failure);
  into = *std::move(parsed.url);
}

json HttpUrl::tell(const Url& value) const {
  return value.host.empty() ? json() : json(value.text());
}

json Networks::schema() const {
  return Texts{}.schema();
}

void Networks::read(const Section& section, std::string_view key, std::vector<base::IpNetwork>& into) const {
  const json* value = section.find(key);
  for (std::size_t i = 0; value->is_array() && i < value->size(); ++i) {
    const json& text = (*value)[i];
    if (!text.is_string()) continue;  // the schema has said so
    if (auto network = base::IpNetwork::parse(text.get_ref<const std::string&>())) {
      into.push_back(*network);
    } else {
      section.at(key).error(std::to_string(i),
                            "a network or an address expected, e.g. 10.0.0.0/8, fd00::/8, 127.0.0.1");
    }
  }
}

json Networks::tell(const std::vector<base::IpNetwork>& value) const {
  json out = json::array();
  for (const auto& network : value) out.push_back(network.text());
  return out;
}

json Workers::schema() const {
  return json::object();
}

std::string Workers::text() const {
  return "`auto`, or a number, 1 to " + std::to_string(most);
}

void Workers::read(const Section& section, std::string_view key, unsigned& into) const {
  const json& value = *section.find(key);
  std::uint64_t number = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text == "auto") return;
    // A number that came from the environment is still text.
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) number = 0;
  } else if (value.is_number_integer() && value > 0) {
    number = value.get<std::uint64_t>();
  }
  if (number < 1 || number > most)
    return section.error(key, "auto, or a number from 1 to " + std::to_string(most) + " expected");
  into = static_cast<unsigned>(number);
}

json Workers::tell(unsigned value) const {
  return value;
}

json SecretValue::schema() const {
  return {{"type", "string"}};
}

void SecretValue::read(const Section& section, std::string_view key, Secret& into) const {
  json& value = *section.find(key);
  if (!value.is_string()) return;
  auto& text = value.get_ref<std::string&>();
  into = Secret(text);
  const bool unusable = has_control_character(text);
  wipe(text.data(), text.size());
  if (into.empty()) section.error(key, "is empty");
  if (unusable) section.error(key, "has a control character");
}

json SecretValue::tell(const Secret& value) const {
  return value.empty() ? json() : json("[redacted]");
}

}  // namespace pgw::config
