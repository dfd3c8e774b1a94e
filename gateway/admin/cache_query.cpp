#include "gateway/admin/cache_query.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/percent.h"
#include "base/utf8.h"

namespace pgw::admin {
namespace {

/// True for "true" and "1", false for "false" and "0"; else nothing.
std::optional<bool> parse_flag(const std::string& text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

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
    request.tag = value;
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
  } else {
    return "unknown parameter '" + name +
           "': use all=true, tag=T, path=P, project=ID, operation=O, prefix=P, url=U or pattern=P, and soft=true";
  }
  return {};
}

std::string take_filter_parameter(const std::string& name, const std::string& value, EntryFilter& filter) {
  if (name == "tag") {
    filter.tag = value;
  } else if (name == "operation") {
    filter.operation = value;
  } else if (name == "prefix") {
    filter.prefix = value;
  } else if (name == "limit") {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), filter.limit);
    const bool is_number = error == std::errc{} && end == value.data() + value.size() && !value.empty();
    if (!is_number || filter.limit > most_entries) {
      return "limit must be a whole number up to " + std::to_string(most_entries);
    }
  } else {
    return "unknown parameter '" + name + "': use tag=T, operation=O, prefix=P and limit=N";
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

Parsed<PurgeRequest> parse_purge(std::string_view query) {
  auto parsed = parse<PurgeRequest>(query, take_purge_parameter);
  const PurgeRequest& request = parsed.request;
  const int named = (request.all ? 1 : 0) + (request.tag ? 1 : 0) + (request.path ? 1 : 0) +
                    (request.operation ? 1 : 0) + (request.prefix ? 1 : 0) + (request.url ? 1 : 0) +
                    (request.pattern ? 1 : 0);
  if (parsed.problem.empty() && named != 1) {
    parsed.problem =
        "say what to purge with exactly one of all=true, tag=projects/pr_1, path=/projects/pr_1, project=pr_1, "
        "operation=Projects_list, prefix=/projects/pr_1/, url=/projects/pr_1 and pattern=/projects/*/configs";
  }
  return parsed;
}

Parsed<EntryFilter> parse_entry_filter(std::string_view query) {
  return parse<EntryFilter>(query, take_filter_parameter);
}

}  // namespace pgw::admin
