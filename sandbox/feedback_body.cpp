#include "sandbox/feedback_body.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "contract/violation.h"
#include "sandbox/json_body.h"
#include "sandbox/operations.h"

namespace pgw::sandbox {

namespace {

using contract::LocPart;
using contract::Violation;

constexpr std::array<std::string_view, 4> classes{"select", "multi_select", "text", "number"};
constexpr std::array<std::string_view, 4> sentiments{"positive", "negative", "neutral", "unset"};

/// Collects what is wrong, at the place that it stands at.
class Check {
 public:
  /// The part of the body that is looked at; the place ends with the scope.
  class At {
   public:
    At(Check& check, const char* name) : check_(check) { check_.loc_.emplace_back(std::string(name)); }
    At(Check& check, std::size_t index) : check_(check) { check_.loc_.emplace_back(static_cast<std::int64_t>(index)); }
    ~At() { check_.loc_.pop_back(); }
    At(const At&) = delete;
    At& operator=(const At&) = delete;

   private:
    Check& check_;
  };

  bool require(bool right, const char* msg, const char* type) {
    if (!right) violations_.push_back(Violation{loc_, msg, type, nullptr});
    return right;
  }

  void text(const Json& object, const char* name, bool required) {
    const At at(*this, name);
    const Json* value = given(object, name);
    if (value == nullptr) {
      require(!required, "field required", "value_error.missing");
    } else {
      require(is_text(*value), "str type expected", "type_error.str");
    }
  }

  void choice(const Json& object, const char* name, std::span<const std::string_view> allowed) {
    const At at(*this, name);
    const Json* value = given(object, name);
    if (value == nullptr) return;
    const bool is_member =
        value->is_string() && std::ranges::find(allowed, value->get_ref<const std::string&>()) != allowed.end();
    require(is_member, "value is not a valid enumeration member", "type_error.enum");
  }

  template <typename Item>
  void list(const Json& value, Item&& item) {
    if (!require(value.is_array(), "value is not a valid list", "type_error.list")) return;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const At at(*this, i);
      if (require(value[i].is_object(), "value is not a valid dict", "type_error.dict")) item(value[i]);
    }
  }

  std::vector<Violation> take() { return std::move(violations_); }

 private:
  std::vector<LocPart> loc_{std::string("body")};
  std::vector<Violation> violations_;
};

void check_type(Check& check, const Json& type) {
  check.text(type, "type", true);
  check.choice(type, "class", classes);
  const Json* values = given(type, "values");
  if (values == nullptr) return;
  const Check::At at(check, "values");
  check.list(*values, [&](const Json& label) {
    check.text(label, "value", true);
    check.choice(label, "sentiment", sentiments);
  });
}

}  // namespace

FeedbackType read_feedback_type(const Json& body) {
  FeedbackType type{text_of(body, "type"), maybe_text_of(body, "class"), std::nullopt};
  if (const Json* values = given(body, "values")) {
    type.values.emplace();
    for (const Json& label : *values) {
      type.values->push_back({text_of(label, "value"), maybe_text_of(label, "sentiment")});
    }
  }
  return type;
}

std::vector<FeedbackType> check_feedback_types(const Json& body) {
  if (body.is_null()) return {};
  Check check;
  check.list(body, [&](const Json& type) { check_type(check, type); });
  if (auto violations = check.take(); !violations.empty()) throw InvalidBody(std::move(violations));
  std::vector<FeedbackType> types;
  std::transform(body.begin(), body.end(), std::back_inserter(types), read_feedback_type);
  return types;
}

}  // namespace pgw::sandbox
