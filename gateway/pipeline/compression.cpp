#include "gateway/pipeline/compression.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/list.h"
#include "base/text.h"
#include "gateway/pipeline/process.h"
#include "gateway/pipeline/request_context.h"
#include "gateway/pipeline/worker.h"

namespace pgw::pipeline {
namespace {

static_assert(config::words<config::Coding>.size() == http::coding_count);

/// Types that shrink; what is compressed by itself doesn't.
constexpr std::array<std::string_view, 9> coded_types = {
    "application/json",     "application/xml",     "application/javascript",   "application/yaml", "application/x-ndjson",
    "application/jsonl",    "application/graphql", "application/problem+json", "image/svg+xml"};

/// A coding that saves less than an eighth is not worth its work at the other end.
bool pays(std::size_t coded, std::size_t plain) {
  return coded <= plain - plain / 8;
}

bool has_coded_type(std::string_view content_type) {
  const auto type = base::trim(content_type.substr(0, content_type.find(';')));
  if (base::iequals(type.substr(0, 5), "text/")) return true;
  const auto plus = type.rfind('+');
  const auto suffix = plus == std::string_view::npos ? std::string_view() : type.substr(plus);
  return base::iequals(suffix, "+json") || base::iequals(suffix, "+xml") ||
         std::ranges::any_of(coded_types, [&](std::string_view known) { return base::iequals(type, known); });
}

/// A digest of the bytes as the origin sent them would be wrong of other bytes, and what is coded is not coded again.
bool binds_bytes(std::string_view name) {
  constexpr std::array<std::string_view, 5> names = {"content-encoding", "content-md5", "content-digest", "repr-digest",
                                                     "digest"};
  return std::ranges::any_of(names, [&](std::string_view known) { return base::iequals(name, known); });
}

bool forbids_transformation(std::string_view name, std::string_view value) {
  return base::iequals(name, "cache-control") && base::list_contains(value, "no-transform");
}

/// What the fields of a response say of a coding, seen one by one.
class Codable {
 public:
  void see(std::string_view name, std::string_view value) {
    if (base::iequals(name, "content-type")) has_type_ = has_coded_type(value);
    is_bound_ = is_bound_ || binds_bytes(name) || forbids_transformation(name, value);
  }
  bool is_codable(int status) const {
    return has_type_ && !is_bound_ && http::has_content(false, status) && status != 205 && status != 206 &&
           status != 416;
  }

 private:
  bool has_type_ = false;
  bool is_bound_ = false;
};

template <typename Visit>
void for_each_line(std::string_view lines, const Visit& visit) {
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find("\r\n"));
    const auto colon = std::min(line.find(':'), line.size());
    visit(line.substr(0, colon), base::trim(line.substr(std::min(colon + 1, line.size()))));
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
  }
}

const config::CompressionSettings& settings_of(const RequestContext& context) {
  return context.runtime->settings.compression;
}

bool refuses_transformation(const http::Fields& request) {
  return std::ranges::any_of(
      request, [](const http::Field& field) { return forbids_transformation(field.name, field.value); });
}

/// For a response that may be coded, of this length.
CodingChoice choice_for(const RequestContext& context, std::optional<std::uint64_t> length, bool may_be_range) {
  const auto& settings = settings_of(context);
  const http::Fields& request = context.request().fields;
  if (refuses_transformation(request)) return {.coding = std::nullopt, .varies = true, .is_must = false};
  std::array<http::Coding, http::coding_count> offered{};
  std::size_t count = 0;
  for (const auto coding : settings.codings) offered[count++] = static_cast<http::Coding>(coding);
  const auto preference = http::preferred_coding(request, std::span(offered).first(count));
  CodingChoice choice{preference.coding, true, preference.is_identity_refused};
  if (choice.is_must) return choice;
  const bool is_small = length && *length < settings.min_size;
  if (is_small || (may_be_range && request.contains("range"))) choice.coding.reset();
  return choice;
}

bool says_it_varies(std::string_view vary) {
  return base::list_contains(vary, "accept-encoding") || base::list_contains(vary, "*");
}

}  // namespace

CodingChoice choose_coding(const RequestContext& context, int status, const http::Fields& fields,
                           std::optional<std::uint64_t> length) {
  if (settings_of(context).codings.empty()) return {};
  Codable codable;
  for (const auto& field : fields) codable.see(field.name, field.value);
  return codable.is_codable(status) ? choice_for(context, length, false) : CodingChoice{};
}

CodingChoice choose_coding(const RequestContext& context, const cache::Entry& entry) {
  if (settings_of(context).codings.empty()) return {};
  Codable codable;
  for_each_line(entry.headers, [&](std::string_view name, std::string_view value) { codable.see(name, value); });
  if (!codable.is_codable(entry.status)) return {};
  auto choice = choice_for(context, entry.body.size(), entry.status == 200);
  if (entry.body.size() > coded_at_most && !choice.is_must) choice.coding.reset();
  return choice;
}

cache::EntryPtr in_coding(RequestContext& context, const cache::EntryPtr& entry, const CodingChoice& choice,
                          cache::TimePoint now) {
  using State = cache::Store::Alternative::State;
  cache::Cache& cache = context.worker.process().cache;
  const auto number = static_cast<std::size_t>(*choice.coding);
  auto found = cache.alternative(entry, number, now);
  if (found.state == State::ready) return found.entry;
  if (found.state != State::make && !choice.is_must) return entry;
  cache::EntryPtr made;
  try {
    const std::string body = http::encoded(*choice.coding, http::Effort::lasting, entry->body);
    if (choice.is_must || pays(body.size(), entry->body.size())) {
      made = cache::make_alternative(*entry, http::to_string(*choice.coding), coded_etag(entry->etag, *choice.coding),
                                     body);
    }
  } catch (...) {
    if (found.state == State::make) cache.keep_alternative(entry, number, nullptr, now);
    throw;
  }
  if (found.state == State::make) cache.keep_alternative(entry, number, made, now);
  return made ? made : entry;
}

void tell_coding(http::Fields& fields, const CodingChoice& choice, bool is_coded) {
  if (choice.varies) {
    const bool says_so = std::ranges::any_of(fields, [](const http::Field& field) {
      return base::iequals(field.name, "vary") && says_it_varies(field.value);
    });
    if (!says_so) fields.add("Vary", "Accept-Encoding");
  }
  if (!is_coded) return;
  if (const std::string* const etag = fields.find("etag")) fields.set("ETag", coded_etag(*etag, *choice.coding));
  fields.erase("accept-ranges");
  fields.add("Content-Encoding", http::to_string(*choice.coding));
}

void append_vary(std::string& lines, std::string_view stored_lines) {
  bool says_so = false;
  for_each_line(stored_lines, [&](std::string_view name, std::string_view value) {
    says_so = says_so || (base::iequals(name, "vary") && says_it_varies(value));
  });
  if (!says_so) lines += "Vary: Accept-Encoding\r\n";
}

std::string coded_etag(std::string_view etag, http::Coding coding) {
  if (etag.empty()) return {};
  const bool is_quoted = etag.ends_with('"');
  std::string coded(etag.substr(0, etag.size() - (is_quoted ? 1 : 0)));
  coded.append("--").append(http::to_string(coding));
  return is_quoted ? coded + '"' : coded;
}

std::string without_codings(std::string_view etags) {
  std::string plain(etags);
  for (std::size_t i = 0; i < http::coding_count; ++i) {
    const std::string ending = "--" + std::string(http::to_string(static_cast<http::Coding>(i))) + '"';
    for (auto at = plain.find(ending); at != std::string::npos; at = plain.find(ending, at)) {
      plain.erase(at, ending.size() - 1);
    }
  }
  return plain;
}

void note_coded(const RequestContext& context, http::Coding coding) {
  context.worker.process().metrics.coded_responses(http::to_string(coding)).Increment();
}

}  // namespace pgw::pipeline
