#include "gateway/admin/cache_query.h"

#include <tuple>

#include "support/catch.h"

using namespace pgw::admin;

TEST_CASE("a purge is read from its query, percent-encoded and with pluses") {
  const auto [request, problem] = parse_purge("tag=projects%2Fpr_a+b&soft=true");
  CHECK(problem.empty());
  CHECK(request.tag == "projects/pr_a+b");
  CHECK(request.soft);
  CHECK(parse_purge("&project=pr_1&").request.path == "/projects/pr_1");
}

TEST_CASE("a purge that can't be read is refused with what is wrong, in text that is UTF-8") {
  const auto [query, words] = GENERATE(table<std::string, std::string>({
      {"", "exactly one of"},
      {"all=true&tag=projects", "exactly one of"},
      {"%ff=1", "parameter 1 of the query"},
      {"all=true&tag=%ff", "parameter 2 of the query"},
      {"tag=50%", "write a percent sign as %25"},
      {"tag=%zz", "write a percent sign as %25"},
      {"tag=a&tag=b", "tag is given twice"},
      {"tga=projects", "unknown parameter 'tga'"},
      {"tag", "tag is empty"},
      {"all=yes", "all must be true or false"},
  }));
  CAPTURE(query);
  CHECK(parse_purge(query).problem.find(words) != std::string::npos);
}

TEST_CASE("a filter of entries is read from its query") {
  const auto [filter, problem] = parse_entry_filter("operation=Projects_get&prefix=/a%3Fb&limit=7");
  CHECK(problem.empty());
  CHECK(filter.operation == "Projects_get");
  CHECK(filter.prefix == "/a?b");
  CHECK(filter.limit == 7);
  CHECK(parse_entry_filter("").problem.empty());
  for (const char* query : {"limit=", "limit=x", "limit=10001", "prefix=%c3", "nothing=1"}) {
    CHECK_FALSE(parse_entry_filter(query).problem.empty());
  }
}
