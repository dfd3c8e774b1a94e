#include "cache/vary.h"

#include "cache/support.h"
#include "support/catch.h"

using namespace pgw::cache;
using namespace pgw::cache::testing;

TEST_CASE("A variant answers requests that agree in the fields of Vary") {
  const auto [vary, stored, request, expected] = GENERATE(table<std::string, Fields, Fields, bool>({
      {"Foo", {{"Foo", "1"}}, {{"Foo", "1"}}, true},
      {"Foo", {{"Foo", "1"}}, {{"foo", " 1 "}}, true},
      {"Foo", {{"Foo", "1"}}, {{"Foo", "2"}}, false},
      {"Foo", {{"Foo", "1"}}, {}, false},
      {"Foo", {}, {{"Foo", "1"}}, false},
      {"Foo", {}, {}, true},
      {"Foo", {}, {{"Foo", ""}}, false},
      {"Foo", {{"Foo", "a, b"}}, {{"Foo", "a"}, {"Foo", "b"}}, true},
      {"Foo", {{"Foo", "a,b"}}, {{"Foo", "b,a"}}, false},
      {"Foo", {{"Foo", "A"}}, {{"Foo", "a"}}, false},
      {"Foo, Bar", {{"Foo", "1"}, {"Bar", "2"}}, {{"Bar", "2"}, {"Foo", "1"}}, true},
      {"Foo, Bar", {{"Foo", "1"}, {"Bar", "2"}}, {{"Foo", "1"}, {"Bar", "3"}}, false},
      {"FOO,,foo", {{"Foo", "1"}}, {{"Foo", "1"}}, true},
      {"", {{"Foo", "1"}}, {{"Foo", "2"}}, true},
      {"Accept-Encoding", {{"Accept-Encoding", "gzip, br"}}, {{"Accept-Encoding", "BR,gzip"}}, true},
      {"Accept-Language", {{"Accept-Language", "en, de"}}, {{"Accept-Language", "EN,de"}}, true},
      {"Accept-Language", {{"Accept-Language", "en, de"}}, {{"Accept-Language", "de, en"}}, false},
  }));
  CAPTURE(vary);
  CHECK(Vary(Fields{{"Vary", vary}}, stored).matches(request) == expected);
  CHECK(Vary(Fields{{"Vary", vary}}, {}).agree(stored, request) == expected);
}

TEST_CASE("Vary: * is seen among others") {
  CHECK(varies_on_everything(Fields{{"Vary", "*"}}));
  CHECK(varies_on_everything(Fields{{"Vary", "Foo"}, {"vary", "Bar, *"}}));
  CHECK_FALSE(varies_on_everything(Fields{{"Vary", "Foo"}}));
}
