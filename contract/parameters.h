// Query and form strings, and the parameters in them. Internal to contract/.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/operation_facts.h"

namespace pgw::contract {

/// Names and values in order, names not unique. Views: into what they were read from, or into text that a Form keeps.
using Pair = std::pair<std::string_view, std::string_view>;
using Pairs = std::vector<Pair>;

/// The decoded pairs of an application/x-www-form-urlencoded text, which must outlive it. '+' is a space; a '%' that
/// begins no encoding stays.
class Form {
 public:
  explicit Form(std::string_view text);
  const Pairs& pairs() const { return pairs_; }

 private:
  std::string_view decoded(std::string_view text);

  Pairs pairs_;
  std::unique_ptr<char[]> room_;  // for what is encoded
  char* free_ = nullptr;
  std::size_t size_ = 0;  // of the whole text: decoding makes nothing longer
};

/// Checks one parameter against what the request carries under its name (`pairs`: of the query, of one header, or of
/// one segment of the path).
void check_parameter(const Parameter& parameter, Location location, std::span<const Pair> pairs, const Reading& reading,
                     std::vector<Violation>& out);

/// A violation: what stands here stands twice, so that what is checked may not be what an upstream takes.
Violation repetition_at(std::vector<LocPart> where);

/// Reports the members of a form that hold one value and come twice.
void report_repeated_members(std::span<const Pair> fields, const FormMembers& declared, std::vector<Violation>& out);

/// A form body as an object: members that are lists gather their values, others take the last. FastAPI takes a field
/// that is left empty for one that isn't there, unless it is a list.
JsonTape form_body(std::span<const Pair> fields, const FormMembers& declared, Coercion coercion);

}  // namespace pgw::contract
