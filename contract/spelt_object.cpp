#include "contract/spelt_object.h"

#include <algorithm>
#include <map>
#include <string>

#include "contract/json_body.h"

namespace pgw::contract {
namespace {

enum class EmptyText { counts, is_absent };

using Texts = std::vector<std::optional<std::string_view>>;
using ByName = std::map<std::string_view, Texts>;

void add_member(JsonTape& tape, std::string_view name, const Texts& texts, const FormMembers& declared,
                EmptyText empty) {
  const bool is_read = std::ranges::all_of(texts, [](const auto& text) { return text.has_value(); });
  const Spelling spelling = is_read ? declared.spelling_of(name) : Spelling::unread;
  if (spelling == Spelling::unread) {
    tape.add(JsonValue::unread(), name);
  } else if (spelling == Spelling::list) {
    const auto list = tape.open(JsonValue::Kind::array, name);
    for (const auto& text : texts) tape.add(JsonValue::spelt(*text));
    tape.close(list);
  } else if (empty == EmptyText::counts || !texts.back()->empty() || !declared.declared.contains(name)) {
    tape.add(JsonValue::spelt(*texts.back()), name);
  }
}

/// Whether only one text of that name is looked at.
bool is_one_value(std::string_view name, const FormMembers& declared) {
  const Spelling spelling = declared.spelling_of(name);
  return spelling == Spelling::text || (spelling == Spelling::unsaid && declared.declared.contains(name));
}

char separator_of(FormEncoding::Kind kind) {
  return kind == FormEncoding::Kind::comma_list ? ',' : kind == FormEncoding::Kind::space_list ? ' ' : '|';
}

/// Reads the members of a form.
class FormReader {
 public:
  FormReader(std::span<const Pair> fields, const FormRules& rules, Coercion coercion, std::vector<Violation>& out)
      : fields_(fields), rules_(rules), coercion_(coercion), out_(out) {}

  JsonTape read() {
    ByName values;
    for (const auto& [field, text] : fields_) {
      const auto name = rules_.member_of(field);
      values[name].push_back(name.size() == field.size() ? std::optional(text) : std::nullopt);
    }
    if (coercion_ == Coercion::none) report_repetitions(values);
    const auto empty = coercion_ == Coercion::pydantic ? EmptyText::is_absent : EmptyText::counts;
    JsonTape tape(fields_.size() + values.size() + 1);
    const auto object = tape.open(JsonValue::Kind::object);
    for (const auto& [name, texts] : values) {
      if (const auto* const encoding = rules_.encoding_of(name)) {
        add_encoded(tape, name, texts, *encoding);
      } else {
        add_member(tape, name, texts, *rules_.members, empty);
      }
    }
    tape.close(object);
    return tape;
  }

 private:
  static std::vector<LocPart> place_of(std::string_view name) {
    return {std::string(to_string(Location::body)), std::string(name)};
  }

  void report_repetitions(const ByName& values) {
    for (const auto& [name, texts] : values) {
      const auto* const encoding = rules_.encoding_of(name);
      if (encoding == nullptr ? is_one_value(name, *rules_.members) : is_one_text(*encoding)) {
        if (texts.size() > 1) out_.push_back(repetition_at(place_of(name)));
      } else if (encoding != nullptr && encoding->members != nullptr) {
        report_twins(deep_members(fields_, name), *encoding->members, place_of(name), out_);
      }
    }
  }

  static bool is_one_text(const FormEncoding& encoding) {
    return encoding.kind != FormEncoding::Kind::deep_object && encoding.kind != FormEncoding::Kind::unread;
  }

  void add_encoded(JsonTape& tape, std::string_view name, const Texts& texts, const FormEncoding& encoding) {
    switch (encoding.kind) {
      case FormEncoding::Kind::comma_list:
      case FormEncoding::Kind::space_list:
      case FormEncoding::Kind::pipe_list:
        return tape.take_in(list_of(split(*texts.back(), separator_of(encoding.kind))), name);
      case FormEncoding::Kind::json:
        if (auto value = json_text_at(*texts.back(), place_of(name), coercion_, out_)) {
          return tape.take_in(*std::move(value), name);
        }
        break;
      case FormEncoding::Kind::deep_object:
        if (encoding.members == nullptr || texts.front().has_value()) break;
        return tape.take_in(object_of(deep_members(fields_, name), *encoding.members), name);
      case FormEncoding::Kind::unread:
        break;
    }
    tape.add(JsonValue::unread(), name);
  }

  std::span<const Pair> fields_;
  const FormRules& rules_;
  const Coercion coercion_;
  std::vector<Violation>& out_;
};

}  // namespace

Members deep_members(std::span<const Pair> pairs, std::string_view name) {
  Members members;
  for (const auto& [key, text] : pairs) {
    const bool is_member =
        key.size() > name.size() + 2 && key.starts_with(name) && key[name.size()] == '[' && key.back() == ']';
    if (!is_member) continue;
    const auto inner = key.substr(name.size() + 1, key.size() - name.size() - 2);
    const auto end = inner.find("][");
    members.emplace_back(inner.substr(0, end), end == std::string_view::npos ? std::optional(text) : std::nullopt);
  }
  return members;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

JsonTape list_of(std::span<const std::string_view> items) {
  JsonTape tape(items.size() + 1);
  const auto list = tape.open(JsonValue::Kind::array);
  for (const auto item : items) tape.add(JsonValue::spelt(item));
  tape.close(list);
  return tape;
}

JsonTape object_of(std::span<const Member> members, const FormMembers& declared) {
  ByName values;
  for (const auto& [name, text] : members) values[name].push_back(text);
  JsonTape tape(members.size() + values.size() + 1);
  const auto object = tape.open(JsonValue::Kind::object);
  for (const auto& [name, texts] : values) add_member(tape, name, texts, declared, EmptyText::counts);
  tape.close(object);
  return tape;
}

void report_twins(std::span<const Member> members, const FormMembers& declared, const std::vector<LocPart>& where,
                  std::vector<Violation>& out) {
  std::map<std::string_view, std::size_t> counts;
  for (const auto& [name, text] : members) {
    if (++counts[name] != 2 || !is_one_value(name, declared)) continue;
    auto place = where;
    place.emplace_back(std::string(name));
    out.push_back(repetition_at(std::move(place)));
  }
}

Violation repetition_at(std::vector<LocPart> where) {
  return {std::move(where), "stands here more than once", "value_error.repeated", nullptr};
}

void report_repeated_key(const JsonTape& value, std::vector<LocPart> where, Coercion coercion,
                         std::vector<Violation>& out) {
  if (coercion != Coercion::none || !value.has_repeated_key()) return;
  const auto path = value.path_to_repeated_key();
  where.insert(where.end(), path.begin(), path.end());
  out.push_back(repetition_at(std::move(where)));
}

std::optional<JsonTape> json_text_at(std::string_view text, std::vector<LocPart> where, Coercion coercion,
                                     std::vector<Violation>& out) {
  Violation violation;
  auto value = parse_json_body(text, violation);
  if (value) {
    report_repeated_key(*value, std::move(where), coercion, out);
  } else {
    violation.loc = std::move(where);
    out.push_back(std::move(violation));
  }
  return value;
}

JsonTape form_body(std::span<const Pair> fields, const FormRules& rules, Coercion coercion,
                   std::vector<Violation>& out) {
  return FormReader(fields, rules, coercion, out).read();
}

}  // namespace pgw::contract
