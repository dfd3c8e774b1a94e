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
      {"Accept-Language", {{"Accept-Language", "en, de"}}, {{"Accept-Language", "de, en"}}, true},
      {"Accept-Language", {{"Accept-Language", "en, de;q=0.5"}}, {{"Accept-Language", "de;q=0.5, en"}}, true},
      {"Accept-Language", {{"Accept-Language", "en, de;q=0.5"}}, {{"Accept-Language", "de, en;q=0.5"}}, false},
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

TEST_CASE("A Vary with more names than anybody selects by is one of everything") {
  std::string names = "a";
  for (int i = 1; i < 64; ++i) names += ",a" + std::to_string(i);
  CHECK_FALSE(varies_on_everything(Fields{{"Vary", names}}));
  CHECK(varies_on_everything(Fields{{"Vary", names}, {"Vary", "b"}}));
}

TEST_CASE("A response in one language answers who would like that one most") {
  const auto [languages, request, expected] = GENERATE(table<std::string, Fields, bool>({
      {"de", {{"Accept-Language", "fr;q=0.5, de;q=1.0"}}, true},
      {"de", {{"Accept-Language", "DE"}}, true},
      {"De", {{"Accept-Language", "de, fr;q=0.9"}}, true},
      {"de", {{"Accept-Language", "de, fr"}}, false},  // which of them is for the origin to choose
      {"de", {{"Accept-Language", "fr, de;q=0.9"}}, false},
      {"de", {{"Accept-Language", "de-AT"}}, false},
      {"de", {{"Accept-Language", "*"}}, false},
      {"de", {{"Accept-Language", "de;q=0"}}, false},
      {"de", {{"Accept-Language", "de;level=1"}}, false},
      {"de", {}, false},
      {"de, en", {{"Accept-Language", "de"}}, false},
      {"", {{"Accept-Language", "de"}}, false},
      {"de", {{"Accept-Language", "de"}, {"Foo", "2"}}, false},  // another selecting field differs
  }));
  CAPTURE(languages);
  const Fields stored_request{{"Accept-Language", "en, de;q=0.9"}, {"Foo", "1"}};
  Fields response{{"Vary", "Accept-Language, Foo"}};
  if (!languages.empty()) response.add("Content-Language", languages);
  Fields asked = request;
  if (!find(request, "Foo")) asked.add("Foo", "1");
  CHECK(Vary(response, stored_request).matches(asked) == expected);
}

TEST_CASE("The preferred language is the one with the highest weight, if it is one") {
  const auto [value, expected] = GENERATE(table<std::string, std::string>({
      {"de", "de"},
      {"fr;q=0.5, DE;q=0.8, en;q=0.79", "de"},
      {"fr;q=0.5, de ; q=0.501", "de"},
      {"de;q=1.000, fr;q=0.999", "de"},
      {"de, fr", ""},
      {"de;q=0.5, fr;q=0.5, en;q=0.1", ""},
      {"de;q=2, fr;q=0.1", "fr"},
      {"de;q=0.1234, fr;q=0.1", "fr"},
      {"de;q=1.1, fr;q=0.1", "fr"},
      {"de;q=, fr;q=0.1", "fr"},
      {"*, de;q=0.5", ""},
      {"de;q=0", ""},
      {"", ""},
  }));
  CAPTURE(value);
  CHECK(preferred_language(Fields{{"Accept-Language", value}}) == expected);
}
