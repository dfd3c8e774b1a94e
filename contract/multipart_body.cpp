#include "contract/multipart_body.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/text.h"
#include "base/utf8.h"
#include "contract/schema_node.h"
#include "contract/spelt_object.h"

namespace pgw::contract {
namespace {

/// Whether every charset that a client may mean reads the text alike.
bool is_read_alike(const Part& part) {
  if (part.charset.empty() || base::iequals(part.charset, "utf-8") || base::iequals(part.charset, "utf8")) {
    return base::is_utf8(part.content);
  }
  const bool includes_ascii = base::iequals(part.charset, "us-ascii") || base::iequals(part.charset, "iso-8859-1");
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  return includes_ascii && std::ranges::all_of(part.content, is_ascii);
}

std::string alternatives_in(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += &name == &names.back() ? " or " : ", ";
    text += name;
  }
  return text;
}

class MultipartReader {
 public:
  MultipartReader(const MultipartRules& rules, Coercion coercion, std::vector<Violation>& out)
      : rules_(rules), coercion_(coercion), out_(out) {}

  JsonTape read(std::span<const Part> parts) {
    std::map<std::string_view, std::vector<const Part*>> by_name;
    for (const auto& part : parts) by_name[part.name].push_back(&part);
    JsonTape tape(parts.size() + by_name.size() + 1);
    const auto object = tape.open(JsonValue::Kind::object);
    for (const auto& [name, same] : by_name) add_member(tape, name, same);
    tape.close(object);
    return tape;
  }

 private:
  void report(Violation violation) {
    if (out_.size() < most_violations) out_.push_back(std::move(violation));
  }

  void add_member(JsonTape& tape, std::string_view name, const std::vector<const Part*>& parts) {
    const PartRule& rule = rules_.rule_of(name);
    std::vector<LocPart> where{std::string(to_string(Location::body)), std::string(name)};
    if (!rule.is_list) {
      const bool is_one_value = rule.kind != PartRule::Kind::unread;
      if (parts.size() > 1 && is_one_value && coercion_ == Coercion::none) report(repetition_at(where));
      // FastAPI takes a field that is left empty for one that isn't there.
      const bool is_absent = coercion_ == Coercion::pydantic && rule.kind == PartRule::Kind::text;
      if (!is_absent || !parts.back()->content.empty()) add_value(tape, name, *parts.back(), rule, where);
      return;
    }
    if (parts.size() == 1 && add_whole_list(tape, name, *parts.front(), rule, where)) return;
    const auto list = tape.open(JsonValue::Kind::array, name);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      where.resize(2);
      where.emplace_back(static_cast<std::int64_t>(i));
      add_value(tape, {}, *parts[i], rule, where);
    }
    tape.close(list);
  }

  /// A list of objects may also come as one part with all of it: documents say the same for both.
  bool add_whole_list(JsonTape& tape, std::string_view name, const Part& part, const PartRule& rule,
                      const std::vector<LocPart>& where) {
    const bool may_be_list = rule.kind == PartRule::Kind::json && base::trim(part.content, " \t\r\n").starts_with('[');
    if (!may_be_list || !may_be_read(part, rule)) return false;
    add_value(tape, name, part, rule, where);
    return true;
  }

  /// Whether a part's own media type lets it be read as the rule says.
  static bool may_be_read(const Part& part, const PartRule& rule) {
    const bool is_text = part.content_type.empty() || part.content_type.starts_with("text/");
    return is_text || (rule.kind == PartRule::Kind::json && is_json_type(part.content_type));
  }

  void add_value(JsonTape& tape, std::string_view name, const Part& part, const PartRule& rule,
                 const std::vector<LocPart>& where) {
    check_media_type(part, rule, where);
    if (rule.kind == PartRule::Kind::file) check_size(part.content.size(), rule, where, out_);
    const bool is_read = rule.kind == PartRule::Kind::text || rule.kind == PartRule::Kind::json;
    if (is_read && may_be_read(part, rule)) {
      if (!is_read_alike(part)) {
        report({where, "this part must be UTF-8", "value_error.charset", nullptr});
      } else if (rule.kind == PartRule::Kind::text) {
        return tape.add(JsonValue::spelt(part.content), name);
      } else if (auto value = json_text_at(part.content, where, coercion_, out_)) {
        return tape.take_in(*std::move(value), name);
      }
    }
    tape.add(JsonValue::unread(), name);
  }

  /// A part that says no media type counts as what the document says, but for files, where it is text/plain (RFC 7578
  /// section 4.4).
  void check_media_type(const Part& part, const PartRule& rule, const std::vector<LocPart>& where) {
    if (part.content_type.empty() && rule.kind != PartRule::Kind::file) return;
    const std::string given = part.content_type.empty() ? "text/plain" : part.content_type;
    if (permits(rule, given)) return;
    report({where,
            "the media type of this part must be " + alternatives_in(rule.media_types),
            "value_error.media_type",
            {{"given", given}, {"permitted", rule.media_types}}});
  }

  const MultipartRules& rules_;
  const Coercion coercion_;
  std::vector<Violation>& out_;
};

}  // namespace

JsonTape multipart_body(std::span<const Part> parts, const MultipartRules& rules, Coercion coercion,
                        std::vector<Violation>& out) {
  return MultipartReader(rules, coercion, out).read(parts);
}

void check_size(std::size_t bytes, const PartRule& rule, const std::vector<LocPart>& where,
                std::vector<Violation>& out) {
  const auto report = [&](const char* how, std::size_t limit, const char* type) {
    out.push_back({where,
                   std::string("ensure this file has at ") + how + " " + std::to_string(limit) + " bytes",
                   type,
                   {{"limit_value", limit}}});
  };
  if (out.size() >= most_violations) return;
  if (rule.most_bytes && bytes > *rule.most_bytes) report("most", *rule.most_bytes, "value_error.file.max_length");
  if (rule.fewest_bytes && bytes < *rule.fewest_bytes) {
    report("least", *rule.fewest_bytes, "value_error.file.min_length");
  }
}

}  // namespace pgw::contract
