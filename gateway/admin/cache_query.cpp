#include "gateway/admin/cache_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <nlohmann/json.hpp>

#include "base/percent.h"
#include "base/token.h"
#include "base/utf8.h"

namespace pgw::admin {
namespace {

using nlohmann::json;

/// True for "true" and "1", false for "false" and "0"; else nothing.
std::optional<bool> parse_flag(const std::string& text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

constexpr std::string_view purge_parameters =
    "use all=true, tag=T, path=P, project=ID, operation=O, prefix=P, url=U, pattern=P or key=K, and soft=true";

/// What is wrong, or nothing.
std::string take_purge_parameter(const std::string& name, const std::string& value, PurgeRequest& request) {
  if (name == "all" || name == "soft") {
    const auto flag = parse_flag(value);
    if (!flag) return name + " must be true or false";
    (name == "all" ? request.all : request.soft) = *flag;
    return {};
  }
  if (value.empty()) return name + " is empty";
  if (name == "tag") {
    request.tags.push_back(value);
  } else if (name == "path" || name == "project") {
    if (request.path) return "path and project are two names of one thing: give one of them";
    request.path = name == "path" ? value : "/projects/" + value;
  } else if (name == "operation") {
    request.operation = value;
  } else if (name == "prefix") {
    request.prefix = value;
  } else if (name == "url") {
    request.url = value;
  } else if (name == "pattern") {
    request.pattern = value;
  } else if (name == "key") {
    request.key = value;
  } else {
    return "unknown parameter '" + name + "': " + std::string(purge_parameters);
  }
  return {};
}

std::string take_tags(const json& list, PurgeRequest& request) {
  const std::string expected = "tags must be a list of texts, of at most " + std::to_string(most_tags);
  if (!list.is_array() || list.empty() || list.size() > most_tags || !request.tags.empty()) return expected;
  for (const json& tag : list) {
    if (!tag.is_string() || tag.get_ref<const std::string&>().empty()) return expected;
    request.tags.push_back(tag.get<std::string>());
  }
  return {};
}

std::string take_purge_member(const std::string& name, const json& value, PurgeRequest& request) {
  if (name == "tags") return take_tags(value, request);
  if (value.is_boolean()) return take_purge_parameter(name, value.get<bool>() ? "true" : "false", request);
  if (!value.is_string()) return name + " must be a text";
  return take_purge_parameter(name, value.get<std::string>(), request);
}

Parsed<PurgeRequest> parse_purge_body(std::string_view body) {
  Parsed<PurgeRequest> parsed;
  const auto document = json::parse(body, nullptr, false);
  if (!document.is_object()) {
    parsed.problem = "the body must be a JSON object, such as {\"tags\": [\"projects/pr_1\"], \"soft\": true}";
    return parsed;
  }
  for (const auto& [name, value] : document.items()) {
    parsed.problem = take_purge_member(name, value, parsed.request);
    if (!parsed.problem.empty()) break;
  }
  return parsed;
}

/// A whole number up to `most`; nullopt for anything else.
std::optional<std::size_t> parse_count(const std::string& text, std::size_t most) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() && !text.empty();
  return is_number && value <= most ? std::optional(value) : std::nullopt;
}

std::string take_count(const std::string& name, const std::string& value, std::size_t most, std::size_t& into) {
  const auto count = parse_count(value, most);
  if (!count) return name + " must be a whole number up to " + std::to_string(most);
  into = *count;
  return {};
}

std::string take_order(std::string_view value, EntryFilter& filter) {
  constexpr std::array<std::string_view, 5> names{"key", "hits", "size", "age", "ttl"};
  filter.is_descending = value.starts_with('-');
  if (filter.is_descending) value.remove_prefix(1);
  const auto* const found = std::ranges::find(names, value);
  if (found == names.end()) return "sort must be key, hits, size, age or ttl, with a '-' before it for the most first";
  filter.sort = static_cast<EntryOrder>(found - names.begin());
  return {};
}

std::string take_filter_parameter(const std::string& name, const std::string& value, EntryFilter& filter) {
  if (name == "limit") return take_count(name, value, most_entries, filter.limit);
  if (name == "offset") return take_count(name, value, most_offset, filter.offset);
  if (name == "sort") return take_order(value, filter);
  if (name == "tag") {
    filter.tag = value;
  } else if (name == "operation") {
    filter.operation = value;
  } else if (name == "prefix") {
    filter.prefix = value;
  } else {
    return "unknown parameter '" + name + "': use tag=T, operation=O, prefix=P, sort=S, offset=N and limit=N";
  }
  return {};
}

std::string take_why_parameter(const std::string& name, const std::string& value, WhyRequest& request) {
  constexpr std::string_view field = "field.";
  if (name == "url") {
    request.url = value;
  } else if (name.starts_with(field) && base::is_token(name.substr(field.size()))) {
    request.fields.emplace_back(name.substr(field.size()), value);
  } else {
    return "unknown parameter '" + name + "': use url=/path?query and field.NAME=VALUE";
  }
  return {};
}

/// Name or value; nullopt unless it is UTF-8 once decoded.
std::optional<std::string> decoded(std::string_view text) {
  auto plain = base::percent_decoded(text);
  return plain && base::is_utf8(*plain) ? plain : std::nullopt;
}

template <class Request, class Take>
Parsed<Request> parse(std::string_view query, Take take) {
  Parsed<Request> parsed;
  std::set<std::string> taken;
  for (int number = 1; !query.empty() && parsed.problem.empty(); ++number) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = decoded(pair.substr(0, equals));
    const auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) {
      parsed.problem = "parameter " + std::to_string(number) +
                       " of the query is no percent-encoded UTF-8: write a percent sign as %25";
    } else if (!taken.insert(*name).second) {
      parsed.problem = *name + " is given twice";
    } else {
      parsed.problem = take(*name, *value, parsed.request);
    }
  }
  return parsed;
}

}  // namespace

Parsed<PurgeRequest> parse_purge(std::string_view query, std::string_view body) {
  Parsed<PurgeRequest> parsed;
  if (!query.empty() && !body.empty()) {
    parsed.problem = "say what to purge in the query or in the body, not in both";
    return parsed;
  }
  parsed = body.empty() ? parse<PurgeRequest>(query, take_purge_parameter) : parse_purge_body(body);
  const PurgeRequest& request = parsed.request;
  const int named = (request.all ? 1 : 0) + (request.tags.empty() ? 0 : 1) + (request.path ? 1 : 0) +
                    (request.operation ? 1 : 0) + (request.prefix ? 1 : 0) + (request.url ? 1 : 0) +
                    (request.pattern ? 1 : 0) + (request.key ? 1 : 0);
  if (parsed.problem.empty() && named != 1) {
    parsed.problem =
        "say what to purge with exactly one of all=true, tag=projects/pr_1, path=/projects/pr_1, project=pr_1, "
        "operation=Projects_list, prefix=/projects/pr_1/, url=/projects/pr_1, pattern=/projects/*/configs and key=KEY, "
        "or with a JSON body: {\"tags\": [\"projects/pr_1\"]}";
  }
  return parsed;
}

Parsed<EntryFilter> parse_entry_filter(std::string_view query) {
  return parse<EntryFilter>(query, take_filter_parameter);
}

Parsed<WhyRequest> parse_why(std::string_view query) {
  auto parsed = parse<WhyRequest>(query, take_why_parameter);
  if (parsed.problem.empty() && parsed.request.url.empty()) {
    parsed.problem = "say which answer with url=/projects/pr_1, as a client asks for it";
  }
  return parsed;
}

}  // namespace pgw::admin
