#include "gateway/log/json_text.h"

#include <string>

#include "support/catch.h"

using namespace pgw::log;

TEST_CASE("text becomes a JSON string, and what JSON can't hold as it is becomes an escape") {
  const auto [text, json, is_plain] = GENERATE(table<std::string, std::string, bool>({
      {"", R"("")", true},
      {"plain text ~", R"("plain text ~")", true},
      {"a \"word\"", R"("a \"word\"")", false},
      {"back\\slash", R"("back\\slash")", false},
      {"tab\tline\nreturn\r", R"("tab\tline\nreturn\r")", false},
      {std::string("\x00\x1f\x7f", 3), R"("\u0000\u001f\u007f")", false},
      {"gr\xc3\xbc\xc3\x9f dich", "\"gr\xc3\xbc\xc3\x9f dich\"", false},
      {"bad \xff byte", "\"bad \xef\xbf\xbd byte\"", false},
  }));
  std::string out = "before ";
  append_json_string(out, text);
  CHECK(out == "before " + json);
  CHECK(is_plain_json(text) == is_plain);
}
