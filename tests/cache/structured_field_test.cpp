#include "cache/structured_field.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

namespace {

std::string text_of(const FieldValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return '"' + *text + '"';
  return "other";
}

// "key=value key=value", or "invalid".
std::string read(const Fields& headers) {
  const auto dictionary = read_dictionary(headers, "Field");
  if (!dictionary) return "invalid";
  std::string text;
  for (const auto& [key, value] : *dictionary) {
    if (!text.empty()) text += ' ';
    text.append(key).append("=").append(text_of(value));
  }
  return text;
}

}  // namespace

TEST_CASE("A dictionary is read as RFC 8941 says") {
  const auto [value, expected] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"  ", ""},
      {"a", "a=true"},
      {"a=1, b=?0,\tc=?1", "a=1 b=false c=true"},
      {"a=-5,b=007", "a=-5 b=7"},
      {"a=999999999999999", "a=999999999999999"},
      {"a=1000000000000000", "invalid"},
      {"a=1.5, b=-0.125", "a=other b=other"},
      {"a=1., b", "invalid"},
      {"a=1.1234", "invalid"},
      {"a=1234567890123.1", "invalid"},
      {"a=-", "invalid"},
      {"a=\"x, \\\"y\\\\\"", "a=\"x, \"y\\\""},
      {"a=\"x", "invalid"},
      {"a=\"\\x\"", "invalid"},
      {"a=\"\x7f\"", "invalid"},
      {"a=token/1:2, b=*x", "a=other b=other"},
      {"a=:aGk=:, b", "a=other b=true"},
      {"a=:aGk", "invalid"},
      {"a=:a-b:", "invalid"},
      {"a=(1 \"x\" y;q=1), b", "a=other b=true"},
      {"a=( ), b=()", "a=other b=other"},
      {"a=(1", "invalid"},
      {"a=(1,2)", "invalid"},
      {"a=(1\"x\")", "invalid"},
      {"a;x;y=1; z=\"b\", c=2;d", "a=true c=2"},
      {"a;X", "invalid"},
      {"a;x=", "invalid"},
      {"a=1, b=2, a=3", "b=2 a=3"},
      {"*a=1, b_-.*=2", "*a=1 b_-.*=2"},
      {"A=1", "invalid"},
      {"a=1 b=2", "invalid"},
      {"a=1,", "invalid"},
      {",a=1", "invalid"},
      {"a=1,,b", "invalid"},
      {"a =1", "invalid"},
      {"a= 1", "invalid"},
      {"a=", "invalid"},
      {"a=?2", "invalid"},
      {"a=?", "invalid"},
      {"&&&", "invalid"},
  }));
  CAPTURE(value);
  CHECK(read({{"Field", value}}) == expected);
}

TEST_CASE("Lines of a dictionary are one, and a mistake in any makes all of it invalid") {
  CHECK(read({{"Field", "a=1"}, {"Other", "&"}, {"field", "b=2, a=3"}}) == "b=2 a=3");
  CHECK(read({{"Field", "a=1"}, {"Field", "&"}}) == "invalid");
  CHECK(read({{"Field", "a=1"}, {"Field", ""}}) == "a=1");
  CHECK(read({}).empty());
}
