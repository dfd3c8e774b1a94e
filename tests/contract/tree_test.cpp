// Descriptions that are spread over files, that bundlers wrote, or of which a part can't be used.
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

/// A folder that goes with the test.
class Folder {
 public:
  explicit Folder(const std::map<std::string, std::string>& files)
      : path_(std::filesystem::temp_directory_path() / ("pgw-tree-" + std::to_string(std::random_device{}()))) {
    for (const auto& [name, text] : files) {
      std::filesystem::create_directories((path_ / name).parent_path());
      std::ofstream(path_ / name, std::ios::binary) << text;
    }
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Document::Outcome read() const { return Document::read_tree(path_ / "api.yaml"); }

  /// Problems with the folder's own name left out.
  Lines told(std::span<const Problem> problems) const {
    Lines all = lines(problems);
    for (auto& line : all) {
      if (line.starts_with(path_.string())) line.erase(0, path_.string().size() + 1);
    }
    return all;
  }

 private:
  std::filesystem::path path_;
};

const std::map<std::string, std::string> tree{
    {"api.yaml",
     "openapi: 3.0.3\n"
     "info: {title: t, version: '1'}\n"
     "paths:\n"
     "  /things: {$ref: 'paths/things.yaml'}\n"
     "  /pets:\n"
     "    post: {$ref: './paths/pets.yaml#/add~1one'}\n"
     "components: {schemas: {Name: {type: string, maxLength: 3}, Pet: {$ref: 'schemas/pet.json'}}}\n"},
    {"paths/things.yaml",
     "get:\n"
     "  operationId: list\n"
     "  parameters: [{$ref: '../shared.yaml#/size'}]\n"
     "  responses: {'200': {$ref: '../shared.yaml#/ok'}}\n"},
    {"paths/pets.yaml",
     "add/one:\n"
     "  operationId: add\n"
     "  requestBody: {required: true, content: {application/json: {schema: {$ref: "
     "'../api.yaml#/components/schemas/Pet'}}}}\n"
     "  responses: {'200': {description: d}}\n"},
    {"schemas/pet.json",
     R"({"type": "object", "required": ["name"], "properties": {"name": {"$ref": "../api.yaml#/components/schemas/Name"},
      "friends": {"type": "array", "items": {"$ref": "#"}}, "odd": {"$ref": "#/definitions/odd"}},
      "definitions": {"odd": {"type": "string", "format": "odd"}}})"},
    {"shared.yaml",
     "size: {name: size, in: query, schema: {type: integer}}\n"
     "ok: {description: d, content: {application/json: {schema: {$ref: 'schemas/pet.json#/properties/name'}}}}\n"},
};

TEST_CASE("a description of several files is one, with the places of each") {
  const Folder folder(tree);
  const auto read = folder.read();
  REQUIRE(folder.told(read.problems) == nothing);
  CHECK(read.document->files().size() == 5);
  const auto outcome = Contract::compile(*read.document);
  CHECK(folder.told(outcome.problems) == Lines{"schemas/pet.json:3:49: warning: the format 'odd' is not checked"});
  REQUIRE(outcome.contract != nullptr);
  CHECK(check_request(*outcome.contract, {"GET /things?size=x"}) ==
        Lines{"query.size: type_error.integer: value is not a valid integer"});
  CHECK(check_request(*outcome.contract, {"POST /pets", {}, R"({"name": "abc", "friends": [{"name": "long"}, {}]})"}) ==
        Lines{R"(body.friends.0.name: value_error.any_str.max_length: ensure this value has at most 3 characters )"
              R"({"limit_value":3})",
              "body.friends.1.name: value_error.missing: field required"});
  CHECK(outcome.contract->validate_response(*outcome.contract->find("list"), 200, "application/json", "\"abcd\"")
            .size() == 1);
}

TEST_CASE("references that lead to no file beside the description, and files that can't be read, are errors") {
  const auto [reference, problem] = GENERATE(table<std::string, std::string>({
      {"missing.yaml", "leads out of this document"},
      {"../outside.yaml", "leads out of this document"},
      {"/etc/passwd", "leads out of this document"},
      {"https://example.com/a.yaml", "leads out of this document"},
      {"other.yaml#/nothing", "leads nowhere"},
      {"broken.yaml", "broken.yaml:"},
      {"other%2Eyaml#/here", ""},
  }));
  CAPTURE(reference);
  const Folder folder({{"api.yaml",
                        "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
                        "  /a: {get: {operationId: a, responses: {'200': {$ref: '" +
                            reference + "'}}}}\n"},
                       {"other.yaml", "here: {description: d}\n"},
                       {"broken.yaml", "a: [\n"}});
  const auto read = folder.read();
  auto told = folder.told(read.problems);
  if (read.document != nullptr) told = folder.told(Contract::compile(*read.document).problems);
  if (problem.empty()) {
    CHECK(told == nothing);
  } else {
    REQUIRE(told.size() == 1);
    CHECK(told.front().find(problem) != std::string::npos);
  }
}

TEST_CASE("a reference may lead through another one, and not in a circle") {
  const std::string head =
      "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /x: {post: {operationId: op, "
      "requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A/properties/b/"
      "properties/c'}}}}, responses: {}}}\ncomponents:\n  schemas:\n";
  const auto api = contract(head +
                            "    A: {properties: {b: {$ref: '#/components/schemas/B'}}}\n"
                            "    B: {$ref: '#/components/schemas/C'}\n"
                            "    C: {properties: {c: {type: integer}}}\n");
  CHECK(check_request(*api, {"POST /x", {}, "\"x\""}) ==
        Lines{"body: type_error.integer: value is not a valid integer"});
  const auto problems =
      problems_of(head + "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n");
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().find("leads nowhere") != std::string::npos);
}

constexpr const char* partly_broken = R"(
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a:
    get: {operationId: a, responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Bad'}}}}}}
    post: {operationId: b, responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Good'}}}}}}
    put: {operationId: c, responses: {'200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Bad'}}}}}}
  /a/{: {get: {operationId: d, responses: {}}}
  /b: {get: {operationId: b, responses: {}}}
components:
  schemas:
    Bad: {type: object, properties: {x: {type: thing}}}
    Good: {type: object, properties: {x: {type: integer}}}
)";

TEST_CASE("operations that can't be used may be left out, each with its reason") {
  const auto refused = Contract::compile(*document(partly_broken));
  CHECK(refused.contract == nullptr);
  CHECK(refused.unusable_operations == 3);

  const auto served = Contract::compile(*document(partly_broken), {.skips_unusable_operations = true});
  REQUIRE(served.contract != nullptr);
  REQUIRE(served.contract->operations().size() == 1);
  CHECK(served.contract->operations().front().id() == "b");
  CHECK(served.contract->operations().front().index() == 0);
  CHECK(served.contract->match("GET", "/a").allow == "POST");
  CHECK(
      served.contract->validate_response(*served.contract->find("b"), 200, "application/json", R"({"x":"y"})").size() ==
      1);
  Lines unserved;
  for (const auto& line : lines(served.problems)) {
    CHECK(line.find("warning: ") != std::string::npos);
    const auto start = line.find("warning: ") + 9;
    if (line.find(" is not served: ") != std::string::npos)
      unserved.push_back(line.substr(start, line.find(" is not") - start));
  }
  CHECK(unserved == Lines{"GET /a", "PUT /a", "/a/{", "GET /b"});
}

TEST_CASE("of warnings of one kind the first one is told, with the number of the others") {
  const std::vector<Problem> problems{
      {Severity::warning, {"f", 1, 1}, "'x' of a path has no effect"},
      {Severity::error, {"f", 2, 1}, "the key 'a' stands here a second time"},
      {Severity::error, {"f", 3, 1}, "the key 'b' stands here a second time"},
      {Severity::warning, {"f", 4, 1}, "'y' of a path has no effect"},
      {Severity::warning, {"f", 5, 1}, "an odd quote ' stands here"},
      {Severity::warning, {"g", 6, 1}, "'z' of a path has no effect"},
  };
  CHECK(lines(summed_up(problems)) == Lines{"f:1:1: warning: 'x' of a path has no effect (and 2 more of this kind)",
                                            "f:2:1: error: the key 'a' stands here a second time",
                                            "f:3:1: error: the key 'b' stands here a second time",
                                            "f:5:1: warning: an odd quote ' stands here"});
}

TEST_CASE("what an extension refers to is not read, what an author calls x-something is") {
  const Folder folder({{"api.yaml",
                        "openapi: 3.0.3\n"
                        "paths:\n"
                        "  /a:\n"
                        "    get:\n"
                        "      operationId: a\n"
                        "      x-codeSamples: [{lang: PHP, source: {$ref: sample.php}}]\n"
                        "      parameters: [{name: q, in: query, content: {application/json: {schema: {type: object, "
                        "properties: {x-size: {$ref: size.yaml}}}}}}]\n"
                        "      responses: {200: {description: d}}\n"},
                       {"sample.php", "<?php\n\t$a = [1 => '{'];\n"},
                       {"size.yaml", "{type: integer}\n"}});
  const auto read = folder.read();
  CHECK(folder.told(read.problems) == nothing);
  REQUIRE(read.document != nullptr);
  const auto api = Contract::compile(*read.document).contract;
  REQUIRE(api != nullptr);
  CHECK(check_request(*api, {R"(GET /a?q={"x-size":"x"})"}) ==
        Lines{"query.q.x-size: type_error.integer: value is not a valid integer"});
}

}  // namespace
}  // namespace pgw::contract::test
