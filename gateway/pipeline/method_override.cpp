#include "gateway/pipeline/method_override.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "base/text.h"
#include "base/token.h"

namespace pgw::pipeline {
namespace {

constexpr std::array<std::string_view, 5> override_names = {"_method", "x-http-method-override", "x-http-method",
                                                            "x-method-override", "x-tunneled-method"};
/// Every name has it.
constexpr std::string_view common_word = "method";

/// Restlet's parameter, for POST alone: too common a name to be an override whatever it says.
constexpr std::string_view plain_name = "method";
constexpr std::array<std::string_view, 8> methods = {"GET",    "HEAD",    "POST",  "PUT",
                                                     "DELETE", "OPTIONS", "TRACE", "PATCH"};

using Declares = std::function<bool(std::string_view name)>;

bool is_any_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::any_of(names, [name](std::string_view one) { return base::iequals(one, name); });
}

/// As the frameworks read a decoded name.
std::string as_read(std::string_view name) {
  name = name.substr(0, name.find('\0'));
  name = base::trim(name, " \t[]");
  std::string read(name.substr(0, name.find_first_of("[]")));
  std::ranges::replace_if(
      read, [](char c) { return c == '.' || c == ' '; }, '_');
  return read;
}

bool is_override_name(std::string_view decoded, const Declares& declares) {
  if (!is_any_of(override_names, as_read(decoded))) return false;
  return !declares(decoded) && !declares(decoded.substr(0, decoded.find('[')));
}

bool may_name_method(std::string_view text) {
  return text.find('%') != std::string_view::npos || base::ifind(text, common_word) != std::string_view::npos;
}

struct FormPairs {
  std::string_view text;
  const Declares& declares;
  bool may_tunnel = false;  ///< Restlet's parameter counts

  bool is_override(std::string_view pair) const {
    const auto end = std::min(pair.find('='), pair.size());
    if (!may_name_method(pair.substr(0, end))) return false;
    const std::string name = base::form_decoded(pair.substr(0, end));
    if (is_override_name(name, declares)) return true;
    if (!may_tunnel || !base::iequals(name, plain_name) || end == pair.size()) return false;
    return is_any_of(methods, base::form_decoded(pair.substr(end + 1))) && !declares(name);
  }

  /// What is left keeps its order and its separators. '&' parts for every reader, so where one stood one stays.
  std::optional<std::string> without_overrides() const {
    std::string kept;
    bool has_any = false;
    char separator = ';';
    for (auto rest = text; !rest.empty();) {
      const auto end = std::min(rest.find_first_of("&;"), rest.size());
      const auto pair = rest.substr(0, end);
      if (is_override(pair)) {
        has_any = true;
      } else {
        if (!kept.empty()) kept += separator;
        kept += pair;
        separator = ';';
      }
      if (end < rest.size() && rest[end] == '&') separator = '&';
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return has_any ? std::optional(std::move(kept)) : std::nullopt;
  }
};

// ---- multipart ----

/// A parameter's value that begins here, without its quotes and escapes.
std::string parameter_value(std::string_view text) {
  text = base::trim(text);
  const char quote = !text.empty() && (text.front() == '"' || text.front() == '\'') ? text.front() : '\0';
  if (quote != '\0') text.remove_prefix(1);
  std::string value;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quote != '\0' ? text[at] == quote : text[at] == ';') break;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    value += text[at];
  }
  return quote == '\0' ? std::string(base::trim(value, " \t\r\n")) : value;
}

/// The name, if a Content-Disposition's parameters give the part one that is an override, or one in the extended
/// notation, which RFC 7578 section 4.2 rules out and some readers decode.
std::optional<std::string> override_among(std::string_view parameters, const Declares& declares) {
  constexpr std::string_view word = "name";
  for (auto at = base::ifind(parameters, word); at != std::string_view::npos;
       at = base::ifind(parameters, word, at + 1)) {
    if (at > 0 && base::is_token(parameters.substr(at - 1, 1))) continue;
    auto rest = parameters.substr(at + word.size());
    if (rest.starts_with('*')) return "name*";
    rest = base::trim(rest, " \t\r\n");
    if (!rest.starts_with('=')) continue;
    const std::string value = parameter_value(rest.substr(1));
    if (is_override_name(value, declares) || is_override_name(base::form_decoded(value), declares)) return value;
  }
  return std::nullopt;
}

constexpr std::string_view disposition = "content-disposition";
/// No reader takes a longer line for one of a part's head.
constexpr std::size_t longest_line = std::size_t{16} * 1024;

/// Where the line ends that begins the text, with the lines that continue it; npos: that can't be told yet.
std::size_t line_end(std::string_view text) {
  auto end = text.find('\n');
  while (end != std::string_view::npos && end + 1 < text.size() && (text[end + 1] == ' ' || text[end + 1] == '\t')) {
    end = text.find('\n', end + 1);
  }
  return end == std::string_view::npos || end + 1 == text.size() ? std::string_view::npos : end;
}

// ---- JSON ----

/// Looks at the names of the outermost object, repeated ones included.
class OutermostNames final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit OutermostNames(const Declares& declares) : declares_(declares) {}

  std::optional<std::string> found;

  bool key(std::string& name) override {
    if (depth_ == 1 && is_any_of(override_names, name) && !declares_(name)) found = name;
    return !found;
  }
  bool start_object(std::size_t /*size*/) override { return enter(); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*size*/) override { return enter(); }
  bool end_array() override { return leave(); }
  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(std::int64_t /*value*/) override { return true; }
  bool number_unsigned(std::uint64_t /*value*/) override { return true; }
  bool number_float(double /*value*/, const std::string& /*text*/) override { return true; }
  bool string(std::string& /*value*/) override { return true; }
  bool binary(nlohmann::json::binary_t& /*value*/) override { return true; }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool enter() {
    ++depth_;
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  const Declares& declares_;
  std::size_t depth_ = 0;
};

std::optional<std::string> override_of_json(std::string_view body, const Declares& declares) {
  // Without the word, and without an escape that may spell it, no member is one.
  const bool may_be_there =
      base::ifind(body, common_word) != std::string_view::npos || body.find("\\u00") != std::string_view::npos;
  if (!may_be_there) return std::nullopt;
  OutermostNames names(declares);
  nlohmann::json::sax_parse(body, &names);
  return std::move(names.found);
}

std::string media_type_of(std::string_view content_type) {
  return base::to_lower(base::trim(content_type.substr(0, content_type.find(';'))));
}

bool is_json(std::string_view media_type) {
  return media_type.ends_with("/json") || media_type.ends_with("+json");
}

}  // namespace

std::optional<std::string> without_method_override(std::string_view query, const contract::Operation& operation) {
  if (!may_name_method(query)) return std::nullopt;
  const Declares declares = [&](std::string_view name) { return operation.declares_query(name); };
  return FormPairs{query, declares, operation.method() == "POST"}.without_overrides();
}

BodyWithoutOverride without_method_override(std::string_view content_type, std::string_view body,
                                            const contract::Operation& operation) {
  if (body.empty()) return {};
  const Declares declares = [&](std::string_view name) { return operation.declares_member(name); };
  const std::string type = media_type_of(content_type);
  if (type == "application/x-www-form-urlencoded") return {FormPairs{body, declares}.without_overrides(), {}};
  if (type.starts_with("multipart/")) return {{}, MultipartOverride(content_type, operation).find_in(body)};
  if (is_json(type)) return {{}, override_of_json(body, declares)};
  return {};
}

bool may_hide_override(std::string_view content_type, const contract::Operation& operation) {
  return operation.method() == "POST" && (content_type.empty() || is_json(media_type_of(content_type)));
}

MultipartOverride::MultipartOverride(std::string_view content_type, const contract::Operation& operation)
    : operation_(media_type_of(content_type).starts_with("multipart/") ? &operation : nullptr) {}

std::optional<std::string> MultipartOverride::find_in(std::string_view piece) {
  if (operation_ == nullptr) return std::nullopt;
  const Declares declares = [this](std::string_view name) { return operation_->declares_member(name); };
  held_ += piece;
  std::string_view rest = held_;
  for (auto at = base::ifind(rest, disposition); at != std::string_view::npos; at = base::ifind(rest, disposition)) {
    rest.remove_prefix(at);
    const auto end = line_end(rest);
    if (end == std::string_view::npos && rest.size() <= longest_line) {
      held_.erase(0, held_.size() - rest.size());
      return std::nullopt;
    }
    const auto parameters = rest.substr(0, std::min(end, longest_line)).substr(disposition.size());
    if (auto name = override_among(parameters, declares)) return name;
    rest.remove_prefix(disposition.size());
  }
  held_.erase(0, held_.size() - std::min(rest.size(), disposition.size() - 1));
  return std::nullopt;
}

}  // namespace pgw::pipeline
