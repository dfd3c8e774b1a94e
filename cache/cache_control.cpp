#include "cache/cache_control.h"

#include <algorithm>

#include "base/list.h"
#include "base/text.h"
#include "base/token.h"
#include "cache/structured_field.h"

namespace pgw::cache {
namespace {

constexpr std::int64_t kForeverSeconds = std::chrono::duration_cast<std::chrono::seconds>(kForever).count();

// One directive as written: a name, and an argument without its quotes.
struct Directive {
  std::string_view name;
  std::optional<std::string> argument;
  bool malformed = false;  // white space around '=', or an argument that is neither token nor quoted-string
};

Directive read_directive(std::string_view element) {
  const std::size_t equals = element.find('=');
  if (equals == std::string_view::npos) return {element, std::nullopt};
  const std::string_view name = element.substr(0, equals);
  const std::string_view value = element.substr(equals + 1);
  Directive directive{base::trim(name), std::string(value), base::trim(name) != name || base::trim(value) != value};
  if (auto unquoted = base::unquoted(value)) {
    directive.argument = std::move(unquoted);
  } else if (!base::is_token(value)) {
    directive.malformed = true;
  }
  return directive;
}

void read_delta(DeltaSeconds& out, const Directive& directive) {
  if (out.present) return;
  out.present = true;
  if (directive.argument && !directive.malformed) out.value = parse_delta_seconds(*directive.argument);
}

// no-cache and private: without an argument they are about the whole response, with one about the fields that it names.
void read_qualified(bool& whole, std::vector<std::string>& fields, const Directive& directive) {
  if (!directive.argument || directive.malformed) {
    whole = true;
    return;
  }
  base::ListReader names(*directive.argument);
  while (const auto name = names.next()) fields.push_back(base::to_lower(*name));
}

void apply(ResponseDirectives& out, const Directive& directive) {
  const auto is = [&](std::string_view name) { return base::iequals(directive.name, name); };
  if (is("max-age")) return read_delta(out.max_age, directive);
  if (is("s-maxage")) return read_delta(out.s_maxage, directive);
  if (is("stale-while-revalidate")) return read_delta(out.stale_while_revalidate, directive);
  if (is("stale-if-error")) return read_delta(out.stale_if_error, directive);
  if (is("no-cache")) return read_qualified(out.no_cache, out.withheld_fields, directive);
  if (is("private")) return read_qualified(out.is_private, out.withheld_fields, directive);
  out.no_store |= is("no-store");
  out.is_public |= is("public");
  out.must_revalidate |= is("must-revalidate");
  out.proxy_revalidate |= is("proxy-revalidate");
  out.must_understand |= is("must-understand");
  out.immutable |= is("immutable");
  out.no_transform |= is("no-transform");
}

// The same from a member of a targeted field. False: the value is not of the directive's type.
bool apply_delta(DeltaSeconds& out, const FieldValue& value) {
  const auto* const seconds = std::get_if<std::int64_t>(&value);
  if (seconds == nullptr || *seconds < 0) return false;
  out.present = true;
  out.value = std::chrono::seconds(std::min(*seconds, kForeverSeconds));
  return true;
}

bool apply_flag(bool& out, const FieldValue& value) {
  const auto* const flag = std::get_if<bool>(&value);
  if (flag != nullptr) out = *flag;
  return flag != nullptr;
}

bool apply_qualified(bool& whole, std::vector<std::string>& fields, const FieldValue& value) {
  const auto* const names = std::get_if<std::string>(&value);
  if (names == nullptr) return apply_flag(whole, value);
  base::ListReader reader(*names);
  while (const auto name = reader.next()) fields.push_back(base::to_lower(*name));
  return true;
}

bool apply(ResponseDirectives& out, const DictionaryMember& member) {
  const auto& [key, value] = member;
  if (key == "max-age") return apply_delta(out.max_age, value);
  if (key == "s-maxage") return apply_delta(out.s_maxage, value);
  if (key == "stale-while-revalidate") return apply_delta(out.stale_while_revalidate, value);
  if (key == "stale-if-error") return apply_delta(out.stale_if_error, value);
  if (key == "no-cache") return apply_qualified(out.no_cache, out.withheld_fields, value);
  if (key == "private") return apply_qualified(out.is_private, out.withheld_fields, value);
  if (key == "no-store") return apply_flag(out.no_store, value);
  if (key == "public") return apply_flag(out.is_public, value);
  if (key == "must-revalidate") return apply_flag(out.must_revalidate, value);
  if (key == "proxy-revalidate") return apply_flag(out.proxy_revalidate, value);
  if (key == "must-understand") return apply_flag(out.must_understand, value);
  if (key == "immutable") return apply_flag(out.immutable, value);
  if (key == "no-transform") return apply_flag(out.no_transform, value);
  return true;
}

std::optional<ResponseDirectives> parse_targeted(HeaderSpan headers, std::string_view name) {
  const auto dictionary = read_dictionary(headers, name);
  if (!dictionary || dictionary->empty()) return std::nullopt;
  ResponseDirectives directives;
  directives.is_targeted = true;
  for (const DictionaryMember& member : *dictionary) {
    if (!apply(directives, member)) return std::nullopt;
  }
  return directives;
}

// The first occurrence counts; `invalid` stands in for an argument that is no delta-seconds.
void read_request_delta(std::optional<Duration>& out, const Directive& directive, Duration invalid) {
  if (out) return;
  out = invalid;
  if (directive.argument && !directive.malformed) out = parse_delta_seconds(*directive.argument).value_or(invalid);
}

void apply(RequestDirectives& out, const Directive& directive) {
  const auto is = [&](std::string_view name) { return base::iequals(directive.name, name); };
  constexpr Duration kNone{0};
  if (is("max-age")) return read_request_delta(out.max_age, directive, kNone);
  if (is("min-fresh")) return read_request_delta(out.min_fresh, directive, kForever);
  if (is("stale-if-error")) return read_request_delta(out.stale_if_error, directive, kNone);
  if (is("max-stale")) {
    if (directive.argument) return read_request_delta(out.max_stale, directive, kNone);
    out.max_stale_any = true;
    return;
  }
  out.no_store |= is("no-store");
  out.no_cache |= is("no-cache");
  out.only_if_cached |= is("only-if-cached");
}

}  // namespace

std::optional<Duration> parse_delta_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = std::min<std::int64_t>(seconds * 10 + (c - '0'), kForeverSeconds);
  }
  return std::chrono::seconds(seconds);
}

ResponseDirectives parse_response_directives(HeaderSpan headers, std::string_view targeted_field) {
  if (!targeted_field.empty()) {
    if (auto targeted = parse_targeted(headers, targeted_field)) return std::move(*targeted);
  }
  ResponseDirectives directives;
  for (const std::string_view element : list_elements(headers, "Cache-Control")) {
    apply(directives, read_directive(element));
  }
  return directives;
}

RequestDirectives parse_request_directives(HeaderSpan headers) {
  RequestDirectives directives;
  bool has_cache_control = false;
  bool pragma_no_cache = false;
  for (const Header& header : headers) {
    if (base::iequals(header.name, "Cache-Control")) {
      has_cache_control = true;
      base::ListReader reader(header.value);
      while (const auto element = reader.next()) apply(directives, read_directive(*element));
    } else if (base::iequals(header.name, "Pragma")) {
      base::ListReader reader(header.value);
      while (const auto element = reader.next()) pragma_no_cache |= base::iequals(*element, "no-cache");
    }
  }
  if (!has_cache_control) directives.no_cache = pragma_no_cache;
  return directives;
}

}  // namespace pgw::cache
