#include "sandbox/feedback_body.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "contract/violation.h"
#include "sandbox/operations.h"

namespace pgw::sandbox {

namespace {

using contract::LocPart;
using contract::Violation;

constexpr std::array<std::string_view, 4> classes{"select", "multi_select", "text", "number"};
constexpr std::array<std::string_view, 4> sentiments{"positive", "negative", "neutral", "unset"};

bool is_given(const Json& object, const char* name) {
  const auto property = object.find(name);
  return property != object.end() && !property->is_null();
}

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

  void text(const Json& object, const char* name, bool required, std::span<const std::string_view> allowed) {
    const At at(*this, name);
    if (!is_given(object, name)) {
      require(!required, "field required", "value_error.missing");
    } else if (require(object.at(name).is_string(), "str type expected", "type_error.str") && !allowed.empty()) {
      const auto& value = object.at(name).get_ref<const std::string&>();
      require(std::find(allowed.begin(), allowed.end(), value) != allowed.end(),
              "value is not a valid enumeration member", "type_error.enum");
    }
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
  check.text(type, "type", true, {});
  check.text(type, "class", false, classes);
  if (!is_given(type, "values")) return;
  const Check::At at(check, "values");
  check.list(type.at("values"), [&](const Json& label) {
    check.text(label, "value", true, {});
    check.text(label, "sentiment", false, sentiments);
  });
}

}  // namespace

FeedbackType read_feedback_type(const Json& body) {
  FeedbackType type{body.at("type").get<std::string>(), std::nullopt, std::nullopt};
  if (is_given(body, "class")) type.feedback_class = body.at("class").get<std::string>();
  if (!is_given(body, "values")) return type;
  type.values.emplace();
  for (const Json& label : body.at("values")) {
    type.values->push_back({label.at("value").get<std::string>(), std::nullopt});
    if (is_given(label, "sentiment")) type.values->back().sentiment = label.at("sentiment").get<std::string>();
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
