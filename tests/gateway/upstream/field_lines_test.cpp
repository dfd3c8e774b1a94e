#include "gateway/upstream/field_lines.h"

#include "support/catch.h"

namespace {

using pgw::upstream::FieldLines;

std::vector<std::string> lines_of(FieldLines& fields) {
  std::vector<std::string> lines;
  for (const curl_slist* node = fields.list(); node != nullptr; node = node->next) lines.emplace_back(node->data);
  return lines;
}

TEST_CASE("field lines: as libcurl reads them, in order") {
  FieldLines fields;
  fields.add("Accept", "text/plain");
  fields.add("X-Empty", "");
  fields.suppress("Expect");
  fields.add_line("X-API-KEY: secret");
  CHECK(lines_of(fields) == std::vector<std::string>{"Accept: text/plain", "X-Empty;", "Expect:", "X-API-KEY: secret"});
}

TEST_CASE("field lines: without any there is no list") {
  FieldLines fields;
  CHECK(fields.list() == nullptr);
}

TEST_CASE("field lines: cleared, they begin anew, and a list grows with the lines added after it") {
  FieldLines fields;
  fields.add("A", "1");
  CHECK(lines_of(fields).size() == 1);
  fields.add("B", std::string(1000, 'b'));
  CHECK(lines_of(fields) == std::vector<std::string>{"A: 1", "B: " + std::string(1000, 'b')});
  fields.clear();
  fields.add("C", "3");
  CHECK(lines_of(fields) == std::vector<std::string>{"C: 3"});
}

}  // namespace
