// Objects that a query or a form spells out. Internal to contract/.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/form_members.h"
#include "contract/form_pairs.h"
#include "contract/json_value.h"
#include "contract/schema.h"
#include "contract/violation.h"

namespace pgw::contract {

/// A member of an object; without a text if it has members of its own, as in "name[member][of its own]=text".
using Member = std::pair<std::string_view, std::optional<std::string_view>>;
using Members = std::vector<Member>;

/// The members of the object that "name[member]=text" spells.
Members deep_members(std::span<const Pair> pairs, std::string_view name);

/// The parts of a text between separators, one at least.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A list of texts.
JsonTape list_of(std::span<const std::string_view> items);

/// The object that has these members.
JsonTape object_of(std::span<const Member> members, const FormMembers& declared);

/// Reports members that hold one value and come twice; `where` is the object's place.
void report_twins(std::span<const Member> members, const FormMembers& declared, const std::vector<LocPart>& where,
                  std::vector<Violation>& out);

/// A violation: what stands here stands twice, so that what is checked may not be what an upstream takes.
Violation repetition_at(std::vector<LocPart> where);

/// Reports a key that stands twice in a value at `where`, if `coercion` doesn't take the last one.
void report_repeated_key(const JsonTape& value, std::vector<LocPart> where, Coercion coercion,
                         std::vector<Violation>& out);

/// A JSON text that stands at `where`, which must outlive the value. Nullopt if it is none, which is reported; so is a
/// key that stands twice.
std::optional<JsonTape> json_text_at(std::string_view text, std::vector<LocPart> where, Coercion coercion,
                                     std::vector<Violation>& out);

/// A form body as an object: members that are lists gather their values, others take the last. FastAPI takes a field
/// that is left empty for one that isn't there, unless it is a list. Reports what can't be read, and without coercion
/// members that hold one value and come twice.
JsonTape form_body(std::span<const Pair> fields, const FormRules& rules, Coercion coercion,
                   std::vector<Violation>& out);

}  // namespace pgw::contract
