#include "contract/document.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

Lines problems_in(std::string_view text) {
  const auto outcome = Document::parse(text, "f.yaml");
  CHECK((outcome.document == nullptr) == !outcome.problems.empty());
  return lines(outcome.problems);
}

std::string root_of(std::string_view text) {
  return document(text)->root().dump();
}

std::string place_of(const Document& document, const std::string& pointer) {
  return to_string(Problem{Severity::warning, document.place(nlohmann::json::json_pointer(pointer)), ""});
}

/// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text)
      : path_(std::filesystem::temp_directory_path() / ("pgw-document-" + std::to_string(std::random_device{}()))) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("plain scalars resolve by the core schema of YAML 1.2") {
  const auto [yaml, json] = GENERATE(table<std::string, std::string>({
      {"null", "null"},
      {"~", "null"},
      {"Null", "null"},
      {"NULL", "null"},
      {"", "null"},
      {"nUll", R"("nUll")"},
      {"true", "true"},
      {"True", "true"},
      {"FALSE", "false"},
      {"tRue", R"("tRue")"},
      {"0", "0"},
      {"-12", "-12"},
      {"+12", "12"},
      {"+-12", R"("+-12")"},
      {"--12", R"("--12")"},
      {"007", "7"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0x-1", R"("0x-1")"},
      {"0x", R"("0x")"},
      {"0b11", R"("0b11")"},
      {"1_000", R"("1_000")"},
      {"9223372036854775807", "9223372036854775807"},
      {"1.5", "1.5"},
      {"-.5", "-0.5"},
      {"1.", "1.0"},
      {"1e3", "1000.0"},
      {"1e", R"("1e")"},
      {".", R"(".")"},
      {"-", R"([null])"},
      {"+", R"("+")"},
      {".inf", R"(".inf")"},
      {".nan", R"(".nan")"},
      {"1e999", R"("1e999")"},
      {"3.0.2", R"("3.0.2")"},
      {"yes", R"("yes")"},
      {"no", R"("no")"},
      {"on", R"("on")"},
      {"Off", R"("Off")"},
      {"y", R"("y")"},
      {"2027-01-31", R"("2027-01-31")"},
      {"12:30:45", R"("12:30:45")"},
      {"256MiB", R"("256MiB")"},
  }));
  CAPTURE(yaml);
  CHECK(root_of(yaml) == json);
}

TEST_CASE("what is quoted, or a block, is a text") {
  const auto [yaml, json] = GENERATE(table<std::string, std::string>({
      {R"("12")", R"("12")"},
      {"'true'", R"("true")"},
      {"'null'", R"("null")"},
      {R"("")", R"("")"},
      {"'it''s'", R"("it's")"},
      {R"("a\tb\u00e9\/")", "\"a\\tb\u00e9/\""},
      {"|\n 12\n", R"("12\n")"},
      {">-\n 1\n 2\n", R"("1 2")"},
      {"!!str 12", R"("12")"},
      {"! 12", R"("12")"},
      {"!!int 12", "12"},
      {"!!float 1", "1"},
      {"|\n a\n b\n", R"("a\nb\n")"},
      {"|+\n a\n\n", R"("a\n\n")"},
      {"a\n...\n", R"("a")"},
  }));
  CAPTURE(yaml);
  CHECK(root_of(yaml) == json);
}

TEST_CASE("keys are texts, whatever they look like") {
  CHECK(root_of("{200: a, 1.5: b, true: c, on: d, 2027-01-31: e, 'x': f}") ==
        R"({"1.5":"b","200":"a","2027-01-31":"e","on":"d","true":"c","x":"f"})");
}

TEST_CASE("an alias is its anchor's value, as often as it stands") {
  CHECK(root_of("a: &x {k: [1, 2]}\nb: *x\nc: [*x]\n") == R"({"a":{"k":[1,2]},"b":{"k":[1,2]},"c":[{"k":[1,2]}]})");
}

TEST_CASE("an anchor's name may be given anew") {
  CHECK(root_of("[&x 1, *x, &x 2, *x]") == "[1,1,2,2]");
}

TEST_CASE("a merge key brings in what the mapping doesn't say itself") {
  const auto [yaml, json] = GENERATE(table<std::string, std::string>({
      {"- &x {a: 1, b: 2}\n- {<<: *x, b: 3}\n", R"([{"a":1,"b":2},{"a":1,"b":3}])"},
      {"- &x {a: 1, b: 2}\n- {b: 3, <<: *x}\n", R"([{"a":1,"b":2},{"a":1,"b":3}])"},
      {"- &x {a: 1}\n- &y {a: 2, c: 3}\n- <<: [*x, *y]\n", R"([{"a":1},{"a":2,"c":3},{"a":1,"c":3}])"},
      {"- &x {a: 1}\n- &y {<<: *x, b: 2}\n- {<<: *y}\n", R"([{"a":1},{"a":1,"b":2},{"a":1,"b":2}])"},
      {"{<<: {a: {b: 1}}, a: {c: 2}}", R"({"a":{"c":2}})"},
      {"{<<: []}", "{}"},
      {"{'<<': 1}", R"({"<<":1})"},
  }));
  CAPTURE(yaml);
  CHECK(root_of(yaml) == json);
}

TEST_CASE("what is merged has the places where it stands") {
  const auto file = document("x: &x\n  a: {b: 1}\n  c: 2\ny:\n  <<: *x\n  c: 3\nz: &z {<<: *x}\nw:\n- *z\n");
  CHECK(place_of(*file, "/y/a") == "test.yaml:2:3: warning: ");
  CHECK(place_of(*file, "/y/a/b") == "test.yaml:2:7: warning: ");
  CHECK(place_of(*file, "/y/c") == "test.yaml:6:3: warning: ");
  CHECK(place_of(*file, "/w/0") == "test.yaml:9:3: warning: ");
  CHECK(place_of(*file, "/w/0/a/b") == "test.yaml:2:7: warning: ");
}

TEST_CASE("an empty text is null") {
  const auto* text = GENERATE("", "   ", "\n\n", "# only a comment\n", "---\n");
  CHECK(root_of(text) == "null");
}

TEST_CASE("JSON is YAML") {
  const auto [json, same] = GENERATE(table<std::string, std::string>({
      {R"({"a":1,"b":[true,null,-0.5e1],"c":{"d":"e"}})", R"({"a":1,"b":[true,null,-5.0],"c":{"d":"e"}})"},
      {"{\n\t\"a\": [\n\t\t1,\n\t\t2\n\t]\n}\n", R"({"a":[1,2]})"},
      {R"({"a:b":"c: d","#e":"# f","url":"http:\/\/x"})", R"({"#e":"# f","a:b":"c: d","url":"http://x"})"},
      {R"(["\u00e9\n\t\"\\", "\ud83d\ude00 \uD83D\uDE00", "\\ud83d"])",
       "[\"\u00e9\\n\\t\\\"\\\\\",\"\U0001F600 \U0001F600\",\"\\\\ud83d\"]"},
      {"[\"\\ud83d\\ude00\"]\n", "[\"\U0001F600\"]"},
      {"[\"a \u2028 b\u2029 \u0085\", \"\\\\\u2028\"]", "[\"a \u2028 b\u2029 \u0085\",\"\\\\\u2028\"]"},
      {"\xef\xbb\xbf{}", "{}"},
      {"{\"a\":\r\n1}\r\n", R"({"a":1})"},
      {R"([[],{},""])", R"([[],{},""])"},
  }));
  CAPTURE(json);
  CHECK(root_of(json) == same);
}

nlohmann::json random_json(std::mt19937& random, int depth) {
  static const std::vector<std::string> texts{
      "",  "a",  "1",  "null", "~", "yes", ": ",  " #",   "\"",   "\\",     "\n",     "\t x", "é",     "😀", "- a",
      "{", "*x", "&x", "!",    "%", "'",   "1e3", "0x1f", "true", "key: v", "\u2028", "? a",  "a\r\n", "|", "/~"};
  const auto any = [&random](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  switch (any(depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return any(2) == 0;
    case 2:
      return static_cast<std::int64_t>(random()) - 2147483648LL;
    case 3:
      return static_cast<double>(random()) / 1024.0 + 0.5;
    case 4:
      return texts[any(texts.size())] + texts[any(texts.size())];
    case 5: {
      auto array = nlohmann::json::array();
      for (std::size_t i = any(4); i > 0; --i) array.push_back(random_json(random, depth - 1));
      return array;
    }
    default: {
      auto object = nlohmann::json::object();
      for (std::size_t i = any(4); i > 0; --i) object[texts[any(texts.size())] + "k"] = random_json(random, depth - 1);
      return object;
    }
  }
}

TEST_CASE("any JSON text reads as the value that a JSON parser reads") {
  std::mt19937 random(20260704);  // NOLINT(cert-msc51-cpp): the same texts on every run
  const bool is_ascii = GENERATE(false, true);
  const int indent = GENERATE(-1, 2);
  for (int i = 0; i < 300; ++i) {
    const auto value = nlohmann::json::array({random_json(random, 4)});
    const auto text = value.dump(indent, ' ', is_ascii);
    const auto outcome = Document::parse(text, "f.json");
    CAPTURE(text, lines(outcome.problems));
    REQUIRE(outcome.document != nullptr);
    REQUIRE(outcome.document->root() == value);
  }
}

TEST_CASE("a problem names file, line and column") {
  const auto [yaml, problem] = GENERATE(table<std::string, std::string>({
      {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: error: the key 'a' stands here a second time"},
      {"x:\n  - {k: 1, k: 2}\n", "f.yaml:2:12: error: the key 'k' stands here a second time"},
      {"'a': 1\n\"a\": 2\n", "f.yaml:2:1: error: the key 'a' stands here a second time"},
      {"a: [1, 2\nb: 3\n",
       "f.yaml:2:2: error: did not find expected ',' or ']' while parsing a flow sequence that begins in line 1"},
      {"a: \"b\n",
       "f.yaml:2:1: error: found unexpected end of stream while scanning a quoted scalar that begins in line 1"},
      {"a: *nowhere\n", "f.yaml:1:4: error: there is no anchor '&nowhere' before this alias"},
      {"a: 1\n---\nb: 2\n", "f.yaml:3:1: error: a second YAML document begins here; one file holds one document"},
      {"x: &x [1]\ny: {<<: *x}\n", "f.yaml:2:5: error: the merge key '<<' takes a mapping, or a list of mappings"},
      {"x: &x {}\ny: {<<: *x, <<: *x}\n", "f.yaml:2:13: error: the key '<<' stands here a second time"},
      {"a:\n  [1, 2]: x\n", "f.yaml:2:3: error: a key must be a plain text"},
      {"a: !secret x\n", "f.yaml:1:4: error: the tag '!secret' has no meaning here"},
      {"a: 1\nb: x\xff\n", "f.yaml:2:5: error: the text is not UTF-8 from here on"},
      {"a: 1\nb: é\xff\n", "f.yaml:2:5: error: the text is not UTF-8 from here on"},
      {"a: \ufffe\n", "f.yaml:1:4: error: control characters are not allowed"},
      {"a: b: c\n", "f.yaml:1:5: error: mapping values are not allowed in this context"},
      {"a: 1\nb: x\x04y\n", "f.yaml:2:5: error: a control character stands here"},
      {std::string("a: \0", 4), "f.yaml:1:4: error: a control character stands here"},
      {"{\"a\": 1,\n \"a\": 2}", "f.yaml:2:2: error: the key 'a' stands here a second time"},
  }));
  CAPTURE(yaml);
  CHECK(problems_in(yaml) == Lines{problem});
}

TEST_CASE("a key that is no text is a problem, however it is written, and the reading goes on") {
  const auto [yaml, problem] = GENERATE(table<std::string, Lines>({
      {"- &base-of-the-team {id: a, team: b}\n- {a-key-that-is-longer-than-fifteen: 1, *base-of-the-team : 2}\n",
       {"f.yaml:2:42: error: a key must be a plain text"}},
      {"- &l [1]\n- {*l : 2, a: 1, a: 2}\n",
       {"f.yaml:2:4: error: a key must be a plain text", "f.yaml:2:18: error: the key 'a' stands here a second time"}},
      {"A: &a\n  type: object\n  description: {{ name }}\nB: *a\n", {"f.yaml:3:17: error: a key must be a plain text"}},
      {"A: &a {? &k {x: &i [1]} : 1}\nB: [*a, *i]\n", {"f.yaml:1:10: error: a key must be a plain text"}},
      {"A: &a {? {<<: {b: 1}} : {c: 2}}\nB: *a\n", {"f.yaml:1:10: error: a key must be a plain text"}},
  }));
  CAPTURE(yaml);
  CHECK(problems_in(yaml) == problem);
}

TEST_CASE("JSON is read as JSON, where YAML has another idea of it") {
  const std::string long_key(3000, 'k');
  CHECK(root_of("{\"a\x7f\xc2\x80\": \"\xef\xbf\xbe\"}") == "{\"a\x7f\xc2\x80\":\"\xef\xbf\xbe\"}");
  CHECK(root_of("{\"a\"\n: 1}") == R"({"a":1})");
  CHECK(root_of("{\"" + long_key + "\":1}") == "{\"" + long_key + "\":1}");
  CHECK(root_of("{\"\\u0000\\\"\\\\\": [1,{}]\t}\r\n") == R"({"\u0000\"\\":[1,{}]})");
  CHECK(root_of(R"({"<<": {"a": 1}, "*b": "&c", "n": 18446744073709551616, "m": -0})") ==
        R"({"*b":"&c","<<":{"a":1},"m":0,"n":1.8446744073709552e+19})");
  const auto file = document("{\n \"\u00e9\": [true,\n  {\"b\": null}], \"c\": \"\\u00e9\"}");
  CHECK(place_of(*file, "") == "test.yaml:1:1: warning: ");
  CHECK(place_of(*file, "/\u00e9") == "test.yaml:2:2: warning: ");
  CHECK(place_of(*file, "/\u00e9/0") == "test.yaml:2:8: warning: ");
  CHECK(place_of(*file, "/\u00e9/1/b") == "test.yaml:3:4: warning: ");
  CHECK(place_of(*file, "/c") == "test.yaml:3:17: warning: ");
}

TEST_CASE("what is merged from a list has places, of an alias the merge key's") {
  const auto file = document("- &x\n  a: {b: 1}\n- &l\n  - *x\n  - {c: 2}\n- <<: *l\n- <<: [*x, {d: [3]}]\n");
  CHECK(place_of(*file, "/2/a/b") == "test.yaml:6:3: warning: ");
  CHECK(place_of(*file, "/3/a/b") == "test.yaml:2:7: warning: ");
  CHECK(place_of(*file, "/3/d/0") == "test.yaml:7:17: warning: ");
}

TEST_CASE("the cost of a document is linear: members, merges, aliases") {
  // Of this process: other programs of a busy machine don't count.
  const auto seconds = [](const std::string& text) {
    const auto start = std::clock();
    CHECK(problems_in(text) == nothing);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  std::string merges = "base: &b\n";
  for (int i = 0; i < 2000; ++i) merges += "  k" + std::to_string(i) + ": {a: 1}\n";
  for (int i = 0; i < 100; ++i) merges += "m" + std::to_string(i) + ": {<<: *b}\n";
  std::string chain = "c0: &c0 {a: 1}\n";
  for (int i = 1; i < 20'000; ++i) {
    const auto name = "c" + std::to_string(i);
    chain += name + ": &" + name + " {<<: *c" + std::to_string(i - 1) + "}\n";
  }
  std::string members = "{\"a\":{";
  for (int i = 0; i < 100'000; ++i) members += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":[{}]";
  members += "}}";
  CHECK(seconds(merges) < 20);
  CHECK(seconds(chain) < 20);
  CHECK(seconds(members) < 20);
  CHECK(document(chain)->place(nlohmann::json::json_pointer("/c19999/a")).line == 1);
}

TEST_CASE("all duplicate keys are told at once") {
  CHECK(problems_in("a: 1\na: 2\nb: {c: 1, c: 2}\n").size() == 2);
}

TEST_CASE("aliases that expand without end are a problem, and soon") {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name <= 'm'; ++name) {
    bomb += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i == 0 ? "*" : ", *") + static_cast<char>(name - 1);
    bomb += "]\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const auto problems = problems_in(bomb);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front(), Catch::Matchers::EndsWith("expands to more than a million nodes"));
}

TEST_CASE("an anchor that contains itself is a problem") {
  const auto* text = GENERATE("&a [*a]", "a: &a {b: *a}", "&a [*a, *a, *a]");
  const auto problems = problems_in(text);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems.front(), Catch::Matchers::EndsWith("this alias stands within what it is an alias of"));
}

TEST_CASE("the places within an alias are those of its anchor, its own is where it stands") {
  const auto file = document("a: &x\n  k: [1, {m: 2}]\nb: *x\nc:\n- *x\n&key d: 1\ne: {*key : 2}\n");
  CHECK(place_of(*file, "/b") == "test.yaml:3:1: warning: ");
  CHECK(place_of(*file, "/b/k/1/m") == "test.yaml:2:11: warning: ");
  CHECK(place_of(*file, "/c/0") == "test.yaml:5:3: warning: ");
  CHECK(place_of(*file, "/c/0/k/1/m") == "test.yaml:2:11: warning: ");
  CHECK(file->root().dump() ==
        R"({"a":{"k":[1,{"m":2}]},"b":{"k":[1,{"m":2}]},"c":[{"k":[1,{"m":2}]}],"d":1,"e":{"d":2}})");
}

TEST_CASE("nesting is bounded at 100") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(problems_in(nested(101)) == nothing);
  CHECK(problems_in(nested(102)) == Lines{"f.yaml:1:102: error: nested deeper than 100 levels"});
  CHECK(problems_in(nested(100'000)).size() == 1);
  CHECK(problems_in(std::string(100'000, '[')).size() == 1);
  CHECK(problems_in(std::string(100'000, '{')).size() == 1);
  std::string lists;
  for (int i = 0; i < 20'000; ++i) lists += "- ";
  CHECK(problems_in(lists).size() == 1);
}

TEST_CASE("a node's place is its key's, an item's its own, and what is unknown has its parent's") {
  const auto file = document("openapi: 3.0.2\npaths:\n  /a/{b}~c:\n    get: {tags: [x,\n  y]}\n");
  const auto [pointer, place] = GENERATE(table<std::string, std::string>({
      {"", "test.yaml:1:1: warning: "},
      {"/openapi", "test.yaml:1:1: warning: "},
      {"/paths", "test.yaml:2:1: warning: "},
      {"/paths/~1a~1{b}~0c", "test.yaml:3:3: warning: "},
      {"/paths/~1a~1{b}~0c/get", "test.yaml:4:5: warning: "},
      {"/paths/~1a~1{b}~0c/get/tags", "test.yaml:4:11: warning: "},
      {"/paths/~1a~1{b}~0c/get/tags/0", "test.yaml:4:18: warning: "},
      {"/paths/~1a~1{b}~0c/get/tags/1", "test.yaml:5:3: warning: "},
      {"/paths/~1a~1{b}~0c/get/tags/2", "test.yaml:4:11: warning: "},
      {"/paths/nothing/here", "test.yaml:2:1: warning: "},
      {"/nothing", "test.yaml:1:1: warning: "},
  }));
  CAPTURE(pointer);
  CHECK(place_of(*file, pointer) == place);
}

TEST_CASE("a problem's text leaves out what is unknown") {
  CHECK(to_string({Severity::error, {"f", 3, 4}, "m"}) == "f:3:4: error: m");
  CHECK(to_string({Severity::warning, {"f", 3, 0}, "m"}) == "f:3: warning: m");
  CHECK(to_string({Severity::error, {"f", 0, 0}, "m"}) == "f: error: m");
  CHECK(to_string({Severity::error, {}, "m"}) == "error: m");
}

TEST_CASE("a file is read with its path as its name") {
  const TemporaryFile file("a: 1\na: 2\n");
  const auto outcome = Document::read(file.path());
  CHECK(lines(outcome.problems) == Lines{file.path().string() + ":2:1: error: the key 'a' stands here a second time"});
}

TEST_CASE("a file that can't be read is a problem that says why") {
  const auto missing = std::filesystem::temp_directory_path() / "pgw-no-such-file.yaml";
  CHECK(lines(Document::read(missing).problems) ==
        Lines{missing.string() + ": error: can't be read: No such file or directory"});
  const auto directory = std::filesystem::temp_directory_path();
  CHECK(lines(Document::read(directory).problems) ==
        Lines{directory.string() + ": error: can't be read: Is a directory"});
  CHECK(lines(Document::read("/dev/zero").problems) == Lines{"/dev/zero: error: can't be read: is larger than 64 MiB"});
}

}  // namespace
}  // namespace pgw::contract::test
