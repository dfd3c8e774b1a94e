#include "gateway/admin/cache_query.h"

#include <string>
#include <tuple>
#include <vector>

#include "support/catch.h"

using namespace pgw::admin;

TEST_CASE("a purge is read from its query, percent-encoded and with pluses") {
  const auto [request, problem] = parse_purge("tag=projects%2Fpr_a+b&soft=true");
  CHECK(problem.empty());
  CHECK(request.tags == std::vector<std::string>{"projects/pr_a+b"});
  CHECK(request.soft);
  CHECK(parse_purge("&project=pr_1&").request.path == "/projects/pr_1");
}

TEST_CASE("a purge is read from a JSON body, as a list of tags as well") {
  const auto [request, problem] = parse_purge("", R"({"tags": ["a b", "c"], "soft": true})");
  CHECK(problem.empty());
  CHECK(request.tags == std::vector<std::string>{"a b", "c"});
  CHECK(request.soft);
  CHECK(parse_purge("", R"({"key": "K"})").request.key == "K");
  for (const char* body :
       {"[]", "{", "{}", R"({"tags": []})", R"({"tags": "a"})", R"({"tags": [""]})", R"({"tags": ["a"], "tag": "b"})",
        R"({"url": 1})", R"({"all": "maybe"})", R"({"other": "a"})"}) {
    CAPTURE(body);
    CHECK_FALSE(parse_purge("", body).problem.empty());
  }
  CHECK(parse_purge("all=true", R"({"all": true})").problem.find("not in both") != std::string::npos);
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
      {"key=", "key is empty"},
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
  const auto sorted = parse_entry_filter("sort=-hits&offset=20").request;
  CHECK(sorted.sort == EntryOrder::hits);
  CHECK(sorted.is_descending);
  CHECK(sorted.offset == 20);
  for (const char* query :
       {"limit=", "limit=x", "limit=10001", "prefix=%c3", "nothing=1", "sort=", "sort=name", "offset=-1"}) {
    CHECK_FALSE(parse_entry_filter(query).problem.empty());
  }
}

TEST_CASE("the request that is to be explained is read from a query, with its fields") {
  const auto [request, problem] = parse_why("url=/a%3Fb&field.Accept=text/plain&field.x-a=");
  CHECK(problem.empty());
  CHECK(request.url == "/a?b");
  CHECK(request.fields == std::vector<std::pair<std::string, std::string>>{{"Accept", "text/plain"}, {"x-a", ""}});
  for (const char* query : {"", "url=", "field.a=b", "url=/a&field.=b", "url=/a&field.a%20b=c", "url=/a&other=b"}) {
    CAPTURE(query);
    CHECK_FALSE(parse_why(query).problem.empty());
  }
}
