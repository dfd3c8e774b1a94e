#include "contract/contract.h"

#include <random>
#include <string>

#include "contract/router.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* projects_like = R"(
openapi: 3.0.2
servers: [{url: /v4}]
paths:
  /projects:
    get: {operationId: list, responses: {}}
    post: {operationId: create, responses: {}}
  /projects/mine:
    get: {operationId: mine, responses: {}}
    additionalOperations: {M-SEARCH: {operationId: search, responses: {}}}
  /projects/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: get, responses: {}}
    delete: {operationId: remove, deprecated: true, responses: {}}
  /projects/{id}/logs/{log}:
    parameters:
      - {name: log, in: path, required: true, schema: {type: string}}
      - {name: id, in: path, required: true, schema: {type: string}}
    put: {operationId: putLog, requestBody: {content: {application/json: {}}}, responses: {}}
  /projects/mine/logs:
    get: {operationId: myLogs, responses: {}}
  /projects:batch:
    post: {operationId: batch, responses: {}}
  /a%20b/:
    head: {operationId: probe, responses: {}}
)";

/// "id value value", or the status.
std::string routed(const Contract& contract, const std::string& method, const std::string& path) {
  const auto route = contract.match(method, path);
  if (route.status == Route::Status::not_found) return "not found";
  if (route.status == Route::Status::method_not_allowed) return "allow " + route.allow;
  std::string text = route.match.operation->id();
  for (const auto& value : route.match.path_values) text += " " + value;
  return text;
}

TEST_CASE("a path is routed to its operation") {
  const auto api = contract(projects_like);
  CHECK(api->base_path() == "/v4");
  const auto [method, path, operation] = GENERATE(table<std::string, std::string, std::string>({
      {"GET", "/v4/projects", "list"},
      {"HEAD", "/v4/projects", "list"},
      {"POST", "/v4/projects", "create"},
      {"GET", "/v4/projects/pr_1", "get pr_1"},
      {"GET", "/v4/%70rojects/pr%5F1", "get pr_1"},
      {"GET", "/v4/projects/b%20c%C3%A9", "get b c\u00e9"},
      {"GET", "/v4/projects/a+b", "get a+b"},
      {"GET", "/v4/projects/...", "get ..."},
      {"GET", "/v4/projects/.a", "get .a"},
      {"GET", "/v4/projects/100%25", "get 100%"},
      {"GET", "/v4/projects/%252e%252ea", "get %2e%2ea"},
      {"GET", "/v4/projects/a;b=1", "get a;b=1"},
      {"GET", "/%764/projects", "list"},
      {"GET", "/v4/projects/mine", "mine"},
      {"GET", "/v4/projects/min%65", "mine"},
      {"HEAD", "/v4/projects/mine", "mine"},
      {"M-SEARCH", "/v4/projects/mine", "search"},
      {"m-search", "/v4/projects/mine", "allow DELETE, GET, HEAD, M-SEARCH"},
      {"DELETE", "/v4/projects/mine", "remove mine"},
      {"PATCH", "/v4/projects/mine", "allow DELETE, GET, HEAD, M-SEARCH"},
      {"PUT", "/v4/projects/mine/logs/7", "putLog mine 7"},
      {"GET", "/v4/projects/mine/logs", "myLogs"},
      {"GET", "/v4/projects/other/logs", "not found"},
      {"POST", "/v4/projects:batch", "batch"},
      {"HEAD", "/v4/a%20b/", "probe"},
      {"GET", "/v4/a%20b/", "allow HEAD"},
      {"PATCH", "/v4/projects", "allow GET, HEAD, POST"},
      {"HEAD", "/v4/projects/p/logs/l", "allow PUT"},
      {"OPTIONS", "/v4/projects/p", "allow DELETE, GET, HEAD"},
      {"get", "/v4/projects", "allow GET, HEAD, POST"},
      {"", "/v4/projects", "allow GET, HEAD, POST"},
  }));
  CAPTURE(method, path);
  CHECK(routed(*api, method, path) == operation);
}

TEST_CASE("a path that is no operation's is not found") {
  const auto api = contract(projects_like);
  const std::string path = GENERATE(values<std::string>({
      "",
      "/",
      "/v4",
      "/v4/",
      "/v4/nothing",
      "/v4projects",
      "/v4x/projects",
      "/projects",
      "/V4/projects",
      "/v4/Projects",
      "v4/projects",
      "//v4/projects",
      "/v4//projects",
      "/v4/projects/",
      "/v4/projects//",
      "/v4/projects/pr_1/",
      "/v4/projects//logs/1",
      "/v4/projects/.",
      "/v4/projects/..",
      "/v4/projects/%2e",
      "/v4/projects/%2e%2e",
      "/v4/projects/.%2E",
      "/v4/projects/../logs/1",
      "/v4/projects/a%2F..%2Fb",
      "/v4/projects/..%2f..",
      "/v4/projects/x%2f.",
      "/v4/projects/..%5cb",
      "/v4/projects/%2e%2e%5C",
      "/v4/projects/pr_1/logs/..",
      "/v4/projects/..;x=1",
      "/v4/projects/%2e%2e%3b",
      "/v4/projects/.;",
      "/v4/projects/%252e",
      "/v4/projects/%252e%252e",
      "/v4/projects/.%252e",
      "/v4/projects/%252e.%253bx",
      "/v4/projects/a%2Fb",
      "/v4/projects/a%2fb",
      "/v4/projects/%2F",
      "/v4/projects/a%5Cb",
      "/v4/projects/a\\b",
      "/v4/projects/a%252Fb",
      "/v4/projects/a%252fb",
      "/v4/projects/a%255cb",
      "/v4/projects/pr_1%2Factive-config",
      "/v4/projects/a%2500",
      "/v4/projects/a%250d%250ab",
      "/v4/../v4/projects",
      "/v4/./projects",
      "/v4/projects/%",
      "/v4/projects/%4",
      "/v4/projects/%zz",
      "/v4/projects/%u0041",
      "/v4/projects/a%00b",
      "/v4/projects/a%0Ab",
      "/v4/projects/a%7F",
      "/v4/projects/%FF",
      "/v4/projects/%C0%AF",
      "/v4/projects/%ED%A0%80",
      "/v4/projects/a\xff",
      "/v4/projects%2Fpr_1",
      "http://host/v4/projects",
      "*",
  }));
  CAPTURE(path);
  CHECK(routed(*api, "GET", path) == "not found");
  CHECK(routed(*api, "PUT", path + "\x01") == "not found");
}

TEST_CASE("where encoded slashes are allowed they are part of a value, and steps stay refused") {
  const auto api = Contract::compile(*document(projects_like), {.allows_encoded_slashes = true}).contract;
  REQUIRE(api != nullptr);
  const auto [path, operation] = GENERATE(table<std::string, std::string>({
      {"/v4/projects/a%2Fb", "get a/b"},
      {"/v4/projects/a%5Cb", "get a\\b"},
      {"/v4/projects/a%252Fb", "get a%2Fb"},
      {"/v4/projects/a%2F..b", "get a/..b"},
      {"/v4/projects/a%2F..%2Fb", "not found"},
      {"/v4/projects/..%2f..", "not found"},
      {"/v4/projects/x%2f.", "not found"},
      {"/v4/projects/..%5cb", "not found"},
      {"/v4/projects/x%252f%252e%252e", "not found"},
      {"/v4/projects/x%2f..;y", "not found"},
  }));
  CAPTURE(path);
  CHECK(routed(*api, "GET", path) == operation);
}

constexpr const char* with_endings = R"(
openapi: 3.0.2
servers: [{url: /v4}]
paths:
  /things:
    get: {operationId: list, responses: {}}
  /things/{id}/:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: get, responses: {}}
)";

TEST_CASE("a slash at the end of a path counts, is corrected, or doesn't count") {
  const auto [path, strict, canonical] = GENERATE(table<std::string, std::string, std::string>({
      {"/v4/things", "list", "/things"},
      {"/v4/things/", "not found", "/things"},
      {"/v4/things/%41/", "get A", "/things/A/"},
      {"/v4/things/%41", "not found", "/things/A/"},
      {"/v4/things/a//", "not found", "/things/a/"},
      {"/v4/things/a///", "not found", ""},
      {"/v4/other/", "not found", ""},
  }));
  CAPTURE(path);
  CHECK(routed(*contract(with_endings), "GET", path) == strict);
  const auto is_found_as_it_is = strict != "not found";

  const auto ignores = Contract::compile(*document(with_endings), {.trailing_slash = TrailingSlash::ignore}).contract;
  const auto ignored = ignores->match("GET", path);
  CHECK((ignored.status == Route::Status::found) == !canonical.empty());
  if (!canonical.empty()) CHECK(ignores->canonical_path(ignored.match) == canonical);

  const auto corrects =
      Contract::compile(*document(with_endings), {.trailing_slash = TrailingSlash::redirect}).contract;
  const auto corrected = corrects->match("GET", path);
  CHECK(corrected.status == (is_found_as_it_is   ? Route::Status::found
                             : canonical.empty() ? Route::Status::not_found
                                                 : Route::Status::elsewhere));
  if (!canonical.empty()) CHECK(corrects->canonical_path(corrected.match) == canonical);
  CHECK(corrects->match("POST", "/v4/things/").status == Route::Status::method_not_allowed);
}

TEST_CASE("a catch-all parameter takes all that is left of a path, when nothing closer fits") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /files/{path}:
    parameters: [{name: path, in: path, required: true, x-gateway-catch-all: true, schema: {type: string, maxLength: 12}}]
    get: {operationId: read, responses: {}}
    put: {operationId: write, responses: {}}
  /files/{name}/meta:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: meta, responses: {}}
)");
  const auto [method, path, operation] = GENERATE(table<std::string, std::string, std::string>({
      {"GET", "/files/a", "read a"},
      {"GET", "/files/a/b;c/%64", "read a/b;c/d"},
      {"GET", "/files/a/", "read a/"},
      {"GET", "/files/a/meta", "meta a"},
      {"PUT", "/files/a/meta", "write a/meta"},
      {"GET", "/files/", "not found"},
      {"GET", "/files//", "not found"},
      {"GET", "/files/a//b", "not found"},
      {"GET", "/files/a/../b", "not found"},
      {"GET", "/files/a/%2e%2E", "not found"},
      {"GET", "/files/a/b%2Fc", "not found"},
      {"GET", "/files/a/b%00", "not found"},
  }));
  CAPTURE(method, path);
  CHECK(routed(*api, method, path) == operation);
  CHECK(check_request(*api, {"GET /files/a/much/too/long"}) ==
        Lines{R"(path.path: value_error.any_str.max_length: ensure this value has at most 12 characters )"
              R"({"limit_value":12})"});
}

TEST_CASE("a catch-all parameter is the last of its path and stands alone") {
  const auto* const path = GENERATE("/files/{p}/meta", "/files/{p}.json", "/files/x-{p}", "/files/{p}-{q}");
  CAPTURE(path);
  const auto problems = problems_of(R"(
openapi: 3.0.2
info: {title: t, version: '1'}
paths:
  )" + std::string(path) + R"(:
    parameters:
      - {name: p, in: path, required: true, x-gateway-catch-all: true, schema: {type: string}}
)" +
                                    (std::string_view(path).find("{q}") == std::string_view::npos
                                         ? ""
                                         : "      - {name: q, in: path, required: true, schema: {type: string}}\n") +
                                    "    get: {operationId: read, responses: {}}\n");
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().find("error: the path parameter 'p' takes all that is left of a path") != std::string::npos);
}

TEST_CASE("a path that no request can hold is named, and not reached by its encoded form either") {
  constexpr const char* unreachable = R"(
openapi: 3.0.2
info: {title: t, version: '1'}
paths:
  /p?action=foo: {get: {operationId: x, responses: {}}}
  /q#Describe: {post: {operationId: y, responses: {}}}
  /r/{id?}:
    get: {operationId: z, parameters: [{name: 'id?', in: path, required: true, schema: {type: string}}], responses: {}}
  /a/../b: {get: {operationId: w, responses: {}}}
)";
  const std::string why = ": the path of a request ends at '?', and '#' is never sent (write the query as parameters)";
  CHECK(problems_of(unreachable) ==
        Lines{"test.yaml:5:3: warning: no request can reach '/p?action=foo'" + why,
              "test.yaml:6:3: warning: no request can reach '/q#Describe'" + why,
              "test.yaml:9:3: error: the segment '..' is a step within the path, which no request can hold"});
  std::string text = unreachable;
  const auto api = contract(text.substr(0, text.find("  /a/..")));
  CHECK(routed(*api, "GET", "/p%3Faction=foo") == "not found");
  CHECK(routed(*api, "GET", "/p") == "not found");
  CHECK(routed(*api, "POST", "/q%23Describe") == "not found");
  CHECK(routed(*api, "GET", "/r/1") == "z 1");
}

TEST_CASE("paths of one shape are told apart by their order, with a warning") {
  constexpr const char* twins = R"(
openapi: 3.0.2
info: {title: t, version: '1'}
paths:
  /a/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: first, responses: {}}
  /a/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: second, responses: {}}
    put: {operationId: third, responses: {}}
)";
  CHECK(
      problems_of(twins) ==
      Lines{
          "test.yaml:8:3: warning: 'GET /a/{name}' has the same shape as 'first', which stands before it and gets its "
          "requests"});
  const auto api = contract(twins);
  CHECK(routed(*api, "GET", "/a/1") == "first 1");
  CHECK(routed(*api, "PUT", "/a/1") == "third 1");
}

TEST_CASE("a made-up operation id is a text that metrics and logs can hold") {
  const auto outcome =
      Contract::compile(*document("openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
                                  "  /a:\n    additionalOperations: {'`~M-S': {responses: {}}}\n"));
  REQUIRE(outcome.contract != nullptr);
  CHECK(outcome.contract->operations().front().id() == "`~m-s_/a");
  CHECK(problems_of("openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
                    "  /a: {get: {operationId: \"a\\u0000b\", responses: {}}}\n") ==
        Lines{"test.yaml:4:8: error: this operation's id holds control characters, and it stands in logs, metrics and "
              "key files"});
  CHECK(problems_of("openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
                    "  \"/a/{b\\n}\": {get: {parameters: [{name: \"b\\n\", in: path, required: true, schema: {}}], "
                    "responses: {}}}\n")
            .back()
            .find("control characters") != std::string::npos);
}

TEST_CASE("a path of any length is routed without harm") {
  const auto api = contract(projects_like);
  std::string path = "/v4";
  for (int i = 0; i < 100'000; ++i) path += "/projects";
  CHECK(routed(*api, "GET", path) == "not found");
  CHECK(routed(*api, "GET", "/v4/projects/" + std::string(1'000'000, 'x')).size() == 1'000'004);
  CHECK(routed(*api, "GET", "/v4" + std::string(100'000, '/')) == "not found");
}

TEST_CASE("an operation knows what the document says of it") {
  const auto api = contract(projects_like);
  CHECK(api->find("nothing") == nullptr);
  const Operation* remove = api->find("remove");
  REQUIRE(remove != nullptr);
  CHECK(remove->method() == "DELETE");
  CHECK(remove->path_template() == "/projects/{id}");
  CHECK(remove->deprecated());
  CHECK_FALSE(remove->is_safe());
  CHECK_FALSE(remove->declares_body());
  CHECK(&api->operations()[remove->index()] == remove);
  CHECK(api->find("get")->is_safe());
  CHECK(api->find("probe")->is_safe());
  CHECK(api->find("putLog")->declares_body());
  const auto segments = api->find("putLog")->segments();
  REQUIRE(segments.size() == 4);
  CHECK((segments[2].text == "logs" && !segments[2].is_parameter));
  CHECK((segments[3].text == "log" && segments[3].is_parameter));
}

TEST_CASE("the canonical path keeps reserved characters as they came, and routes to the same match") {
  const auto api = contract(projects_like);
  const auto [method, path, canonical] = GENERATE(table<std::string, std::string, std::string>({
      {"GET", "/v4/%70rojects/pr%5f1", "/projects/pr_1"},
      {"GET", "/v4/projects/a;v=1,2@x:y(z)", "/projects/a;v=1,2@x:y(z)"},
      {"GET", "/v4/projects/a%3bv%3D1", "/projects/a%3Bv%3D1"},
      {"GET", "/v4/projects/year=2020:a@b,c;d!$&'()*+", "/projects/year=2020:a@b,c;d!$&'()*+"},
      {"GET", "/v4/projects/a+b%2Bc", "/projects/a+b%2Bc"},
      {"GET", "/v4/projects/~a!b%21", "/projects/~a!b%21"},
      {"GET", "/v4/projects/[a]%5Bb%5D", "/projects/[a]%5Bb%5D"},
      {"GET", "/v4/projects/\xc3\xa9", "/projects/%C3%A9"},
      {"GET", "/v4/projects/a\"<>^`{|}", "/projects/a%22%3C%3E%5E%60%7B%7C%7D"},
      {"GET", "/v4/projects/a%252e", "/projects/a%252e"},
      {"GET", "/%764/projects/a", "/projects/a"},
      {"PUT", "/v4/projects/a%20b/logs/%3Fx%23", "/projects/a%20b/logs/%3Fx%23"},
      {"POST", "/v4/projects%3Abatch", "/projects%3Abatch"},
      {"POST", "/v4/%70rojects:batch", "/projects:batch"},
      {"HEAD", "/v4/a%20b/", "/a%20b/"},
  }));
  CAPTURE(path);
  const auto route = api->match(method, path);
  REQUIRE(route.status == Route::Status::found);
  CHECK(api->canonical_path(route.match) == canonical);
  const auto again = api->match(method, "/v4" + canonical);
  REQUIRE(again.status == Route::Status::found);
  CHECK(again.match.operation == route.match.operation);
  CHECK(again.match.path_values == route.match.path_values);
}

/// RFC 3986 and RFC 3629, as simply as can be: the oracle for what a segment decodes to.
bool decode_slowly(std::string_view text, std::string& out) {
  const std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = static_cast<unsigned char>(text[i]);
    if (byte == '%') {
      const auto digit = [&](std::size_t at) {
        return at < text.size() ? digits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(text[at]))))
                                : digits.npos;
      };
      if (digit(i + 1) == digits.npos || digit(i + 2) == digits.npos) return false;
      byte = static_cast<int>(digit(i + 1) * 16 + digit(i + 2));
      i += 2;
    }
    if (byte < 32 || byte == 127) return false;
    out += static_cast<char>(byte);
  }
  for (std::size_t i = 0; i < out.size();) {
    const auto at = [&](std::size_t k) { return k < out.size() ? static_cast<unsigned char>(out[k]) : 0U; };
    const unsigned lead = at(i);
    const std::size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (length == 0) return false;
    unsigned code = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      if (at(i + k) >> 6 != 2) return false;
      code = code << 6 | (at(i + k) & 0x3f);
    }
    const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    i += length;
  }
  return true;
}

TEST_CASE("decoding agrees with a plain reading of the RFCs, and a normalised path decodes to the same") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same texts on every run
  const auto any = [&random](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  static const std::vector<std::string> pieces{
      "%",        "%2", "%e2%82%ac", "%C3", "%a9", "%00", "%ed%a0%80", "%f4%90%80%80", "%F0%9F%98%80", "\xc3\xa9",
      "\xe2\x82", "a",  ".",         "%2F", "%2e", "g",   "0",         "\x80"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = any(6); i >= 0; --i) {
      if (any(3) == 0) {
        text += static_cast<char>(any(256));
      } else {
        text += pieces[static_cast<std::size_t>(any(static_cast<int>(pieces.size())))];
      }
    }
    CAPTURE(text);
    std::string fast;
    std::string slow;
    const bool is_right = decode_segment(text, fast);
    REQUIRE(is_right == decode_slowly(text, slow));
    if (!is_right) continue;
    REQUIRE(fast == slow);
    std::string decoded;
    const std::string normalised = normalised_path(text);
    REQUIRE(decode_segment(normalised, decoded));
    REQUIRE(decoded == fast);
    REQUIRE(normalised_path(normalised) == normalised);
  }
}

TEST_CASE("the base path is the path of the first server") {
  const auto [servers, base] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"servers: []", ""},
      {"servers: [{url: /}]", ""},
      {"servers: [{url: /v4}]", "/v4"},
      {"servers: [{url: v4/}]", "/v4"},
      {"servers: [{url: /v4/}]", "/v4"},
      {"servers: [{url: 'https://api.example/v4/'}]", "/v4"},
      {"servers: [{url: 'https://api.example'}]", ""},
      {"servers: [{url: 'https://{host}:{port}/{stage}/v4', variables: {host: {default: a.example}, port: {default: "
       "'443'},"
       " stage: {default: beta, enum: [beta]}}}]",
       "/beta/v4"},
      {"servers: [{url: '/{a}', variables: {a: {default: '{a}'}}}]", "/{a}"},
      {"servers: [{url: /v4}, {url: 'https://b.example/v4'}]", "/v4"},
  }));
  CAPTURE(servers);
  const auto api = contract("openapi: 3.0.2\n" + servers + "\npaths: {/x: {get: {operationId: x, responses: {}}}}\n");
  CHECK(api->base_path() == base);
  CHECK(routed(*api, "GET", base + "/x") == "x");
}

TEST_CASE("operations stand in the order of the document") {
  const auto api = contract(
      "openapi: 3.0.2\npaths:\n  /z: {get: {operationId: first, responses: {}}}\n"
      "  /a: {get: {operationId: second, responses: {}}}\n");
  REQUIRE(api->operations().size() == 2);
  CHECK(api->operations()[0].id() == "first");
  CHECK(api->operations()[1].id() == "second");
}

TEST_CASE("of paths at the root, the root is one") {
  const auto api = contract("openapi: 3.0.2\npaths: {/: {get: {operationId: root, responses: {}}}}\n");
  CHECK(routed(*api, "GET", "/") == "root");
  CHECK(routed(*api, "GET", "") == "not found");
  CHECK(routed(*api, "GET", "//") == "not found");
}

std::string with_paths(const std::string& paths) {
  return "openapi: 3.0.2\npaths:\n" + paths;
}

TEST_CASE("what is wrong with a document is told at its place") {
  const auto [text, problems] = GENERATE(table<std::string, Lines>({
      {"",
       {"test.yaml: error: an OpenAPI document of 3.0 or 3.1 says 'openapi: 3.0.x' at its top",
        "test.yaml: error: there is no 'paths' object: is this an OpenAPI document?"}},
      {"[1]",
       {"test.yaml:1:1: error: an OpenAPI document of 3.0 or 3.1 says 'openapi: 3.0.x' at its top",
        "test.yaml:1:1: error: there is no 'paths' object: is this an OpenAPI document?"}},
      {"swagger: '2.0'\npaths: {}\n",
       {"test.yaml:1:1: error: this is a Swagger 2.0 document; OpenAPI 3.0 and 3.1 are read: convert it first"}},
      {"openapi: 3.2.0\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:1:1: error: OpenAPI 3.2 is not read: say 'openapi: 3.1.1' if the document uses nothing that 3.2 "
        "adds, "
        "else convert it"}},
      {"openapi: 3.0\npaths: {/a: {get: {operationId: a, responses: {}}}}\n", {}},
      {"openapi: '3.1'\npaths: {/a: {get: {operationId: a, responses: {200: {description: d, content: "
       "{application/json: {schema: true}}}}}}}\n",
       {}},
      {"openapi: 3.10.0\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:1:1: error: an OpenAPI document of 3.0 or 3.1 says 'openapi: 3.0.x' at its top"}},
      {"openapi: 3.0.2\npaths: []\n",
       {"test.yaml:1:1: error: there is no 'paths' object: is this an OpenAPI document?"}},
      {"openapi: 3.1.0\npaths: {/a: {get: {operationId: a, responses: {}}}}\n", {}},
      {"openapi: 4.0.0\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:1:1: error: an OpenAPI document of 3.0 or 3.1 says 'openapi: 3.0.x' at its top"}},
      {"openapi: 3.0.2\nservers: [{uri: /v1}, x]\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:2:11: error: a server needs a 'url'", "test.yaml:2:23: error: a server needs a 'url'"}},
      {"openapi: 3.0.2\npath: {}\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:2:1: warning: 'path' of the document has no effect"}},
      {"openapi: 3.0.2\nservers: [{url: '/{v}'}]\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:2:11: error: the URL of this server has a variable without a default"}},
      {"openapi: 3.0.2\nservers: [{url: /a}, {url: /b}]\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:2:22: warning: only the path of the first server is served"}},
      {with_paths("  a: {get: {operationId: a, responses: {}}}\n"),
       {"test.yaml:3:3: error: a path begins with '/'",
        "test.yaml:2:1: error: there is no operation in this document"}},
      {with_paths("  /a: []\n  /b: {get: {operationId: b, responses: {}}}\n"),
       {"test.yaml:3:3: error: a path must hold an object"}},
      {with_paths("  /a: {get: 1}\n  /b: {get: {operationId: b, responses: {}}}\n"),
       {"test.yaml:3:8: error: an operation must be an object"}},
      {with_paths("  /a: {get: {operationId: a, responses: {}}, gett: {}, servers: []}\n"),
       {"test.yaml:3:46: warning: 'gett' of a path has no effect",
        "test.yaml:3:56: warning: 'servers' of a path has no effect"}},
      {with_paths("  /a: {$ref: '#/x-a', post: {}, summary: s, x-y: 1}\n"
                  "x-a: {get: {operationId: a, parameters: [{$ref: '#/x-p', required: true}], responses: {200: {$ref: "
                  "'#/x-r', content: {}}}}}\n"
                  "x-p: {name: p, in: query, schema: {}}\nx-r: {description: d}\n"),
       {"test.yaml:3:23: warning: 'post' beside $ref has no effect",
        "test.yaml:4:58: warning: 'required' beside $ref has no effect",
        "test.yaml:4:109: warning: 'content' beside $ref has no effect"}},
      {with_paths("  /{a}{b}: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the segment '{a}{b}' has nothing between two parameters: nobody could tell where one "
        "ends"}},
      {with_paths("  /{a: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the segment '{a' needs parameters of the form '{name}'"}},
      {with_paths("  /{}-{b}: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the segment '{}-{b}' needs parameters of the form '{name}'"}},
      {with_paths("  /{a}}: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the segment '{a}}' has a '}' without its '{'"}},
      {with_paths("  /{a}-{a}: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the path parameter 'a' stands twice in /{a}-{a}"}},
      {with_paths("  /a}{b: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the segment 'a}{b' has a '}' without its '{'"}},
      {with_paths("  /a%2: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the segment 'a%2' is not percent-encoded as a path must be"}},
      {with_paths("  /{a}/{a}: {get: {operationId: a, responses: {}}}\n  /c: {get: {operationId: c, responses: {}}}\n"),
       {"test.yaml:3:3: error: the path parameter 'a' stands twice in /{a}/{a}"}},
      {with_paths("  /a/{id}:\n    get: {operationId: a, responses: {}}\n"),
       {"test.yaml:4:5: error: the path parameter 'id' of /a/{id} is not declared"}},
      {with_paths("  /a:\n    get: {operationId: a, parameters: [{name: id, in: path, schema: {}}], responses: {}}\n"),
       {"test.yaml:4:5: error: the path parameter 'id' does not occur in /a"}},
      {with_paths("  /a:\n    get: {operationId: x, responses: {}}\n    post: {operationId: x, responses: {}}\n"),
       {"test.yaml:5:5: error: the operationId 'x' is taken already, in line 4"}},
      {with_paths("  /a: {get: {responses: {}}}\n"),
       {"test.yaml:3:8: warning: this operation has no operationId; it goes by 'get_/a'"}},
      {with_paths(
           "  /a/{x}:\n    get: {operationId: one, parameters: [&p {name: x, in: path, schema: {}}], responses: {}}\n"
           "  /a/{y}:\n    get: {operationId: two, parameters: [{name: y, in: path, schema: {}}], responses: {}}\n"),
       {"test.yaml:5:3: warning: 'GET /a/{y}' has the same shape as 'one', which stands before it and gets its "
        "requests"}},
      {with_paths("  /a: {get: {operationId: a, parameters: {}, responses: {}}}\n"),
       {"test.yaml:3:30: error: parameters must be a list"}},
      {with_paths("  /a: {get: {operationId: a, parameters: [{name: q}, 1, {in: query}], responses: {}}}\n"),
       {"test.yaml:3:43: error: a parameter needs 'name' and 'in'",
        "test.yaml:3:54: error: a parameter needs 'name' and 'in'",
        "test.yaml:3:57: error: a parameter needs 'name' and 'in'"}},
      {with_paths("  /a: {get: {operationId: a, parameters: [{name: q, in: query, schema: {}}, {name: q, in: query, "
                  "schema: {}}],"
                  " responses: {}}}\n"),
       {"test.yaml:3:77: error: the parameter 'q' in query is declared twice"}},
      {with_paths("  /a: {get: {operationId: a, parameters: [{name: q, in: query}, {name: c, in: cookie, schema: {}}], "
                  "responses: {}}}\n"),
       {"test.yaml:3:43: warning: the parameter 'q' has no schema, so any value is right",
        "test.yaml:3:65: warning: the parameter 'c' in 'cookie' is not checked"}},
      {with_paths("  /a/{p}:\n    get: {operationId: a, parameters: [{name: p, in: path, style: label, schema: {type: "
                  "array}}], responses: {}}\n"),
       {"test.yaml:4:40: warning: the value of the parameter 'p' is not checked, for it comes in a style that can't be "
        "read"}},
      {with_paths("  /a: {get: {operationId: a, parameters: [{name: q, in: query, schema: {$ref: 'b.yaml#/x'}}], "
                  "responses: {}}}\n"),
       {"test.yaml:3:64: error: the reference 'b.yaml#/x' leads out of this document: only references within it, and "
        "to files in its folder or below, are followed"}},
      {with_paths("  /a: {get: {operationId: a, parameters: [{$ref: '#/components/parameters/q'}], responses: {}}}\n"),
       {"test.yaml:3:43: error: the reference '#/components/parameters/q' leads nowhere"}},
      {with_paths("  /a: {$ref: 'other.yaml'}\n  /b: {get: {operationId: b, responses: {}}}\n"),
       {"test.yaml:3:3: error: the reference 'other.yaml' leads out of this document: only references within it, and "
        "to files in its folder or below, are followed"}},
      {with_paths("  /a: {post: {operationId: a, requestBody: {}, responses: {}}}\n"),
       {"test.yaml:3:31: error: 'content' is missing"}},
      {with_paths("  /a: {post: {operationId: a, requestBody: {content: {text/csv: {schema: {}}}}, responses: {}}}\n"),
       {"test.yaml:3:55: warning: bodies of the type 'text/csv' are not checked"}},
      {with_paths("  /a: {get: {operationId: a, responses: {200: {description: d, headers: {X: {}}}}}}\n"),
       {"test.yaml:3:64: warning: the headers of a response are not checked"}},
      {with_paths(
           "  /a: {post: {operationId: a, requestBody: {content: {application/x-www-form-urlencoded: {schema: {}, "
           "encoding: {a: {}}}}}, responses: {}}}\n"),
       {"test.yaml:3:114: warning: the encoding of 'a' has no effect: the schema has no such property"}},
      {with_paths(
           "  /a: {get: {operationId: a, parameters: [{name: q, in: query, schema: {anyOf: [{type: array}, {type: "
           "string}]}}], responses: {}}}\n"),
       {"test.yaml:3:43: warning: the value of the parameter 'q' is not checked, for it comes in a style that can't be "
        "read"}},
      {with_paths("  /a: {get: {operationId: a}}\n"),
       {"test.yaml:3:8: warning: this operation describes no responses, so none of them are checked"}},
      {with_paths(
           "  /a: {get: {operationId: a, responses: {20x: {}, 600: {}, 2XX: {}, 404: {}, default: {}, x-a: {}}}}\n"),
       {"test.yaml:3:42: error: '20x' is no status code, range (2XX) or 'default'",
        "test.yaml:3:51: error: '600' is no status code, range (2XX) or 'default'"}},
      {"openapi: 3.0.2\nservers: [{url: /v%4}]\npaths: {/a: {get: {operationId: a, responses: {}}}}\n",
       {"test.yaml:2:11: error: the path of this server's URL is not percent-encoded as a path must be"}},
      {with_paths("  /a: {get: {operationId: a, requestbody: {}, responses: {}}}\n"),
       {"test.yaml:3:30: warning: 'requestbody' of an operation has no effect"}},
      {with_paths("  /a: {post: {operationId: a, parameters: [{name: q, in: query, schema: {}, require: true}],\n"
                  "    requestBody: {content: {application/json: {Schema: {}}}, requried: true},\n"
                  "    responses: {200: {description: d, contents: {}}}}}\n"),
       {"test.yaml:3:77: warning: 'require' of a parameter has no effect",
        "test.yaml:4:62: warning: 'requried' of a request body has no effect",
        "test.yaml:4:48: warning: 'Schema' of a media type has no effect",
        "test.yaml:5:39: warning: 'contents' of a response has no effect"}},
  }));
  CAPTURE(text);
  CHECK(problems_of(text) == problems);
}

TEST_CASE("the methods, parameters, bodies and responses of a document may be references") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a/{id}: {$ref: "#/x-paths/a"}
x-paths:
  a:
    parameters: [{$ref: "#/components/parameters/id"}]
    put:
      operationId: put
      requestBody: {$ref: "#/components/requestBodies/B"}
      responses: {200: {$ref: "#/components/responses/R"}}
components:
  parameters: {id: {name: id, in: path, required: true, schema: {type: integer}}}
  requestBodies: {B: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/S"}}}}}
  responses: {R: {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/S"}}}}}
  schemas: {S: {type: object, required: [s]}}
)");
  CHECK(check_request(*api, {"PUT /a/x", {}, "{}"}) ==
        Lines{"path.id: type_error.integer: value is not a valid integer",
              "body.s: value_error.missing: field required"});
  CHECK(lines(api->validate_response(*api->find("put"), 200, "application/json", "{}")) ==
        Lines{"body.s: value_error.missing: field required"});
}

TEST_CASE("what an operation declares replaces what its path declares") {
  const auto api = contract(R"(
openapi: 3.0.2
paths:
  /a:
    parameters:
      - {name: q, in: query, schema: {type: integer}}
      - {name: r, in: query, schema: {type: integer}}
    get:
      operationId: a
      parameters: [{name: q, in: query, schema: {type: boolean}}]
      responses: {}
)");
  CHECK(check_request(*api, {"GET /a?q=yes&r=x"}) ==
        Lines{"query.r: type_error.integer: value is not a valid integer"});
}

}  // namespace
}  // namespace pgw::contract::test
