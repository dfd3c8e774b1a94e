#include "cache/tags.h"

#include <algorithm>
#include <sstream>

#include "cache/key.h"
#include "support/catch.h"

using namespace pgw::cache;

namespace {

// "/projects/{pr_1}": braces mark the value of a parameter.
std::vector<Segment> path(std::string_view text) {
  std::vector<Segment> segments;
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::size_t end = text.starts_with('{') ? text.find('}') + 1 : std::min(text.find('/'), text.size());
    std::string_view segment = text.substr(0, end);
    text.remove_prefix(end);
    const bool parameter = segment.starts_with('{');
    if (parameter) segment = segment.substr(1, segment.size() - 2);
    segments.push_back({segment, parameter});
  }
  return segments;
}

std::vector<std::string> texts(const Tags& tags) {
  std::vector<std::string> out;
  for (const Tag& tag : tags) out.push_back(tag.text());
  return out;
}

using Texts = std::vector<std::string>;
using Paths = std::vector<std::vector<Segment>>;

Tags refusal_tags(const std::vector<Segment>& path) {
  Tags tags = read_tags(path);
  add_refusal_tags(tags, path);
  return tags;
}

bool reaches(std::string_view write, const Tags& carried) {
  const Tags moved = write_tags(path(write));
  return std::find_first_of(moved.begin(), moved.end(), carried.begin(), carried.end()) != moved.end();
}

}  // namespace

TEST_CASE("A path gives a read the tags of its items and of the listing that it ends on") {
  const auto [text, expected] = GENERATE(table<std::string, Texts>({
      {"/projects", {"projects"}},
      {"/projects/count", {"projects", "projects/count"}},
      {"/projects/{pr_1}", {"projects/pr_1"}},
      {"/projects/{pr_1}/datasets", {"projects/pr_1", "projects/pr_1/datasets"}},
      {"/projects/{pr_1}/datasets/{ds_1}", {"projects/pr_1", "projects/pr_1/datasets/ds_1"}},
      {"/a/{x}/{y}", {"a/x", "a/x/y"}},
      {"/projects/{a/b}", {"projects/a%2Fb"}},
      {"/projects/{a b%}", {"projects/a%20b%25"}},
  }));
  CAPTURE(text);
  CHECK(texts(read_tags(path(text))) == expected);
}

TEST_CASE("A path gives a write the tags of everything on the way") {
  const auto [text, expected] = GENERATE(table<std::string, Texts>({
      {"/projects", {"projects", "projects/*"}},
      {"/projects/{pr_1}", {"projects", "projects/pr_1"}},
      {"/projects/{pr_1}/deploy-config",
       {"projects", "projects/pr_1", "projects/pr_1/deploy-config", "projects/*", "projects/pr_1/deploy-config/*"}},
      {"/projects/{p}/deployed-config/{e}",
       {"projects", "projects/p", "projects/p/deployed-config", "projects/p/deployed-config/e"}},
  }));
  CAPTURE(text);
  CHECK(texts(write_tags(path(text))) == expected);
}

TEST_CASE("A write reaches the item, its subtree and the listings, and nothing else") {
  const auto [write, read, expected] = GENERATE(table<std::string, std::string, bool>({
      {"/projects", "/projects", true},
      {"/projects", "/projects/count", true},
      {"/projects", "/projects/{pr_1}", false},
      {"/projects/{pr_1}", "/projects", true},
      {"/projects/{pr_1}", "/projects/{pr_1}", true},
      {"/projects/{pr_1}", "/projects/{pr_1}/configs", true},
      {"/projects/{pr_1}", "/projects/{pr_2}", false},
      {"/projects/{pr_1}", "/projects/{pr_2}/configs", false},
      {"/projects/{pr_1}/deploy-config", "/projects/{pr_1}/active-config", true},
      {"/projects/{pr_1}/deploy-config", "/projects/{pr_1}", true},
      {"/projects/{pr_1}/deploy-config", "/projects", true},
      {"/projects/{pr_1}/datasets", "/projects/{pr_2}/datasets", false},
      {"/projects/{pr_1/x}", "/projects/{pr_1}", false},
      {"/datasets", "/projects", false},
  }));
  CAPTURE(write, read);
  CHECK(reaches(write, read_tags(path(read))) == expected);
}

TEST_CASE("A write reaches the refusal of what it may have created, and no other") {
  const auto [write, read, expected] = GENERATE(table<std::string, std::string, bool>({
      {"/projects", "/projects/{pr_1}", true},
      {"/projects", "/projects/{pr_1}/configs", true},
      {"/projects/import", "/projects/{pr_1}", true},
      {"/projects/{pr_2}/copy", "/projects/{pr_1}", true},
      {"/projects/{pr_1}", "/projects/{pr_1}", true},
      {"/projects/{pr_1}", "/projects/{pr_1}/configs/{c}", true},
      {"/projects/{pr_1}/configs", "/projects/{pr_1}/configs/{c}", true},
      {"/projects/{pr_2}", "/projects/{pr_1}", false},
      {"/projects/{pr_1}/configs/{c}", "/projects/{pr_2}", false},
      {"/datasets", "/projects/{pr_1}", false},
  }));
  CAPTURE(write, read);
  CHECK(reaches(write, refusal_tags(path(read))) == expected);
}

TEST_CASE("A parameter with a literal behind it ends a path like a literal") {
  const Tags copy = write_tags(std::vector<Segment>{{"projects", false}, {"pr_2", true, true}});
  CHECK(texts(copy) == Texts{"projects", "projects/pr_2", "projects/*"});
}

TEST_CASE("A refusal carries the tags of the read, and one of each collection on its way") {
  CHECK(texts(refusal_tags(path("/projects"))) == Texts{"projects"});
  CHECK(texts(refusal_tags(path("/projects/{p}"))) == Texts{"projects/p", "projects/*"});
  CHECK(texts(refusal_tags(path("/projects/{p}/sets/{s}"))) ==
        Texts{"projects/p", "projects/p/sets/s", "projects/*", "projects/p/sets/*"});
  // No value of a parameter is taken for it.
  CHECK(texts(read_tags(path("/projects/{*}"))) == Texts{"projects/%2A"});
}

TEST_CASE("Leading segments that all paths share name no collection") {
  const Paths paths = {path("/api/v4/projects"), path("/api/v4/projects/{x}"), path("/api/v4/users")};
  const std::size_t base = shared_base(paths);
  CHECK(base == 2);
  CHECK(texts(read_tags(paths[0], base)) == Texts{"api/v4/projects"});
  CHECK(texts(write_tags(paths[1], base)) == Texts{"api/v4/projects", "api/v4/projects/x"});
}

TEST_CASE("The shared base never covers a whole path or a parameter") {
  CHECK(shared_base({}) == 0);
  CHECK(shared_base(Paths{path("/projects")}) == 0);
  CHECK(shared_base(Paths{path("/a/b"), path("/a/b/c")}) == 1);
  CHECK(shared_base(Paths{path("/{t}/b"), path("/{t}/c")}) == 0);
  CHECK(shared_base(Paths{path("/a"), path("/b")}) == 0);
}

TEST_CASE("Every path has a tag") {
  CHECK(read_tags({}).size() == 1);
  CHECK(write_tags({}).size() == 1);
}
