#include "base/edit_distance.h"

#include <string>
#include <tuple>

#include "support/catch.h"

TEST_CASE("the distance counts insertions, deletions, substitutions and swaps of neighbours") {
  auto [a, b, distance] = GENERATE(table<std::string, std::string, std::size_t>({
      {"", "", 0},
      {"abc", "abc", 0},
      {"", "abc", 3},
      {"abc", "", 3},
      {"upsteam", "upstream", 1},
      {"upstraem", "upstream", 1},
      {"upstreeam", "upstream", 1},
      {"upstreat", "upstream", 1},
      {"kitten", "sitting", 3},
      {"ca", "abc", 3},
      {"flaw", "lawn", 2},
  }));
  CHECK(pgw::base::edit_distance(a, b) == distance);
  CHECK(pgw::base::edit_distance(b, a) == distance);
}

TEST_CASE("a slip is at most two strokes away and shares more than it differs by") {
  for (const char* given : {"nmae", "nam", "namee", "naem", "Name", "xame", "xyme"}) {
    CAPTURE(given);
    CHECK(pgw::base::is_likely_slip(given, "name"));
  }
  for (const char* given : {"xyze", "description"}) {
    CAPTURE(given);
    CHECK_FALSE(pgw::base::is_likely_slip(given, "name"));
  }
  CHECK(pgw::base::is_likely_slip("ids", "id"));
  CHECK(pgw::base::is_likely_slip("xd", "id"));
  CHECK_FALSE(pgw::base::is_likely_slip("ab", "id"));
  CHECK_FALSE(pgw::base::is_likely_slip("", "id"));
  CHECK(pgw::base::is_likely_slip("project_ID", "project_id"));
}
