#include "base/list.h"

#include <string>
#include <tuple>
#include <vector>

#include "support/catch.h"

using namespace pgw::base;

TEST_CASE("a list splits at commas outside of quoted strings") {
  const auto [list, expected] = GENERATE(table<std::string, std::vector<std::string>>({
      {"", {}},
      {" , ,", {}},
      {"a", {"a"}},
      {"a,b", {"a", "b"}},
      {" a\t, b ,, c", {"a", "b", "c"}},
      {R"(a="x,y", b)", {R"(a="x,y")", "b"}},
      {R"(a="x\",y", b)", {R"(a="x\",y")", "b"}},
      {R"(a="open, b)", {R"(a="open, b)"}},
      {R"(a="open\)", {R"(a="open\)"}},
  }));
  CAPTURE(list);
  std::vector<std::string> elements;
  for_each_element(list, [&](std::string_view element) { elements.emplace_back(element); });
  CHECK(elements == expected);
}

TEST_CASE("a list contains a token as a whole element, in any case") {
  CHECK(list_contains("keep-alive, Close", "close"));
  CHECK_FALSE(list_contains("keep-alive, closed", "close"));
  CHECK_FALSE(list_contains(R"(a="x, close, y")", "close"));
  CHECK_FALSE(list_contains("", "close"));
  CHECK_FALSE(list_contains(",", ""));
}
