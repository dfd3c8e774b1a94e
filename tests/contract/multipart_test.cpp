// Multipart forms (RFC 7578): taken apart strictly, each part held to what the document says of it.
#include "contract/multipart.h"

#include <ctime>
#include <random>
#include <string>

#include "contract/contract.h"
#include "contract/support.h"
#include "support/catch.h"

namespace pgw::contract::test {
namespace {

constexpr const char* photos = R"(
openapi: 3.0.3
paths:
  /photos:
    post:
      operationId: addPhoto
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              required: [photo, title]
              additionalProperties: false
              properties:
                photo: {type: string, format: binary, minLength: 2, maxLength: 8}
                papers: {type: array, maxItems: 2, items: {type: string, format: binary, maxLength: 4}}
                title: {type: string, maxLength: 5}
                year: {type: integer, minimum: 1800}
                public: {type: boolean}
                tags: {type: array, items: {type: string, maxLength: 3}}
                place: {$ref: '#/components/schemas/Place'}
                people: {type: array, items: {type: object, required: [name], properties: {name: {type: string}}}}
                notes: {type: object, additionalProperties: {type: integer}}
                mixed: {oneOf: [{type: object}, {type: string}]}
                anything: {}
            encoding:
              photo: {contentType: 'image/png, image/jpeg'}
              papers: {contentType: 'image/*'}
              notes: {contentType: application/json}
      responses: {}
  /any:
    post:
      operationId: addAny
      requestBody: {content: {multipart/form-data: {}}}
      responses: {}
  /picture:
    put:
      operationId: putPicture
      requestBody: {content: {image/png: {schema: {type: string, format: binary, maxLength: 4}}}}
      responses: {}
  /range:
    post:
      operationId: addRange
      requestBody:
        content:
          "*/*": {schema: {type: object, required: [n], properties: {n: {type: integer}, l: {type: array, items: {type: integer}}}}}
      responses: {}
components:
  schemas:
    Place: {type: object, required: [lat], additionalProperties: false, properties: {lat: {type: number}}}
)";

/// A part as a client writes it; `head` is what its Content-Disposition says after the name, and further fields.
std::string part(const std::string& name, const std::string& content, const std::string& head = "") {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"" + head + "\r\n\r\n" + content + "\r\n";
}

std::string file(const std::string& name, const std::string& content, const std::string& type = "image/png") {
  return part(name, content, "; filename=\"a.png\"\r\nContent-Type: " + type);
}

constexpr std::size_t most_violations_told = 100;

const std::string photo = file("photo", "\x89\x01\x02");
const std::string title = part("title", "Sea");

Lines post(const std::string& parts, Coercion coercion = Coercion::none, const std::string& path = "/photos") {
  static const auto strict = contract(photos, Coercion::none);
  static const auto lenient = contract(photos, Coercion::pydantic);
  return check_request(coercion == Coercion::none ? *strict : *lenient,
                       {"POST " + path, {{"Content-Type", "multipart/form-data; boundary=b"}}, parts + "--b--\r\n"});
}

TEST_CASE("the parts of a multipart form are held to the schema, each as it is written") {
  const auto [parts, told] = GENERATE(table<std::string, Lines>({
      {photo + title, {}},
      {title + photo + part("year", "1999") + part("public", "true"), {}},
      {photo + title + part("tags", "a") + part("tags", "b"), {}},
      {photo + title + part("place", R"({"lat": 1.5})", "\r\nContent-Type: application/json"), {}},
      {photo + title + part("place", R"({"lat": 1.5})"), {}},
      {photo + title + part("people", R"({"name": "A"})") + part("people", R"({"name": "B"})"), {}},
      {photo + title + part("people", R"([{"name": "A"}, {"name": "B"}])"), {}},
      {photo + title + part("mixed", "{") + part("anything", "\xff") + file("papers", "1") + file("papers", "2"), {}},
      {photo, {"body.title: value_error.missing: field required"}},
      {title, {"body.photo: value_error.missing: field required"}},
      {photo + part("title", "Seaside"),
       {R"(body.title: value_error.any_str.max_length: ensure this value has at most 5 characters {"limit_value":5})"}},
      {photo + title + part("year", "1700"),
       {"body.year: value_error.number.not_ge: ensure this value is greater than or equal to 1800 "
        R"({"limit_value":1800})"}},
      {photo + title + part("year", "old"), {"body.year: type_error.integer: value is not a valid integer"}},
      {photo + title + part("tags", "a") + part("tags", "long"),
       {"body.tags.1: value_error.any_str.max_length: ensure this value has at most 3 characters {\"limit_value\":3}"}},
      {photo + title + part("place", "{}"), {"body.place.lat: value_error.missing: field required"}},
      {photo + title + part("place", R"({"lat": "x"})"),
       {"body.place.lat: type_error.float: value is not a valid float"}},
      {photo + title + part("people", R"({"name": "A"})") + part("people", "{}"),
       {"body.people.1.name: value_error.missing: field required"}},
      {photo + title + part("people", R"([{}])"), {"body.people.0.name: value_error.missing: field required"}},
      {photo + title + part("notes", R"({"a": "b"})"),
       {"body.notes.a: type_error.integer: value is not a valid integer"}},
      {photo + title + part("notes", "{"),
       {"body.notes: value_error.jsondecode: Expecting property name enclosed in double quotes: line 1 column 2 (char "
        R"(1) {"colno":2,"lineno":1,"msg":"Expecting property name enclosed in double quotes","pos":1})"}},
      {photo + title + part("notes", R"({"a": 1, "a": 2})"),
       {"body.notes.a: value_error.repeated: stands here more than once"}},
      {photo + title + title, {"body.title: value_error.repeated: stands here more than once"}},
      {photo + title + part("more", "1"), {"body.more: value_error.extra: extra fields not permitted"}},
  }));
  CAPTURE(parts);
  CHECK(post(parts) == told);
}

TEST_CASE("files are bounded by size and media type") {
  const auto [parts, told] = GENERATE(table<std::string, Lines>({
      {file("photo", "12345678", "image/jpeg"), {}},
      {file("photo", "123456789"),
       {R"(body.photo: value_error.file.max_length: ensure this file has at most 8 bytes {"limit_value":8})"}},
      {file("photo", "1"),
       {R"(body.photo: value_error.file.min_length: ensure this file has at least 2 bytes {"limit_value":2})"}},
      {file("photo", "1234", "Image/GIF; x=y"),
       {"body.photo: value_error.media_type: the media type of this part must be image/png or image/jpeg "
        R"({"given":"image/gif","permitted":["image/png","image/jpeg"]})"}},
      {part("photo", "1234"),
       {"body.photo: value_error.media_type: the media type of this part must be image/png or image/jpeg "
        R"({"given":"text/plain","permitted":["image/png","image/jpeg"]})"}},
      {photo + file("papers", "1", "image/tiff") + file("papers", "12345", "image/tiff"),
       {R"(body.papers.1: value_error.file.max_length: ensure this file has at most 4 bytes {"limit_value":4})"}},
      {photo + file("papers", "1", "text/css"),
       {"body.papers.0: value_error.media_type: the media type of this part must be image/* "
        R"({"given":"text/css","permitted":["image/*"]})"}},
      {photo + file("papers", "1") + file("papers", "2") + file("papers", "3"),
       {R"(body.papers: value_error.list.max_items: ensure this value has at most 2 items {"limit_value":2})"}},
      {photo + part("notes", "{}", "\r\nContent-Type: text/csv"),
       {"body.notes: value_error.media_type: the media type of this part must be application/json "
        R"({"given":"text/csv","permitted":["application/json"]})"}},
  }));
  CAPTURE(parts);
  CHECK(post(parts + title) == told);
}

TEST_CASE("the size of a body that is a file is bounded too") {
  const auto api = contract(photos, Coercion::none);
  const auto put = [&](const std::string& body) {
    return check_request(*api, {"PUT /picture", {{"Content-Type", "image/png"}}, body});
  };
  CHECK(put("1234") == nothing);
  CHECK(put("12345") ==
        Lines{R"(body: value_error.file.max_length: ensure this file has at most 4 bytes {"limit_value":4})"});
}

TEST_CASE("a media type that is a range may be a form of either kind, with its lists") {
  CHECK(post(part("n", "1") + part("l", "2") + part("l", "3"), Coercion::none, "/range") == nothing);
  CHECK(post(part("l", "x"), Coercion::none, "/range") ==
        Lines{"body.n: value_error.missing: field required",
              "body.l.0: type_error.integer: value is not a valid integer"});
  const auto api = contract(photos, Coercion::none);
  const std::pair<std::string, std::string> type{"Content-Type", "application/x-www-form-urlencoded"};
  CHECK(check_request(*api, {"POST /range", {type}, "n=1&l=2&l=3"}) == nothing);
  CHECK(check_request(*api, {"POST /range", {type}, "n=x"}) ==
        Lines{"body.n: type_error.integer: value is not a valid integer"});
}

TEST_CASE("under pydantic a scalar part that is empty is absent, and of two the last counts") {
  CHECK(post(photo + title + part("year", ""), Coercion::pydantic) == nothing);
  CHECK(post(photo + part("title", ""), Coercion::pydantic) ==
        Lines{"body.title: value_error.missing: field required"});
  CHECK(post(photo + part("title", "Seaside") + title, Coercion::pydantic) == nothing);
  CHECK(post(photo + title + part("year", "")) == Lines{"body.year: type_error.integer: value is not a valid integer"});
}

TEST_CASE("a text that charsets read differently is refused") {
  const auto told = [](const std::string& type, const std::string& text) {
    return post(photo + part("title", text, "\r\nContent-Type: text/plain" + type));
  };
  const Lines refused{"body.title: value_error.charset: this part must be UTF-8"};
  CHECK(told("; charset=utf-8", "S\xc3\xa4") == nothing);
  CHECK(told("; charset=\"ISO-8859-1\"", "Sea") == nothing);
  CHECK(told("; charset=iso-8859-1", "S\xe4") == refused);
  CHECK(told("; charset=utf-7", "Sea") == refused);
  CHECK(told("", "S\xe4") == refused);
}

TEST_CASE("what parsers read differently is no multipart form") {
  const std::string disposition = "Content-Disposition: form-data; name=\"a\"";
  const auto [body, mistake] = GENERATE_COPY(table<std::string, std::string>({
      {"", "it does not begin with its boundary"},
      {"preamble\r\n--b\r\n" + disposition + "\r\n\r\n1\r\n--b--", "it does not begin with its boundary"},
      {"--b\n" + disposition + "\r\n\r\n1\r\n--b--", "part 1: the line of its boundary holds something else"},
      {"--b \r\n" + disposition + "\r\n\r\n1\r\n--b--", "part 1: the line of its boundary holds something else"},
      {"--bb\r\n" + disposition + "\r\n\r\n1\r\n--b--", "part 1: the line of its boundary holds something else"},
      {"--b\r\n" + disposition + "\r\n\r\n1", "part 1: the boundary that ends it is missing"},
      {"--b\r\n" + disposition + "\r\n\r\n1\r\n--b", "part 2: the line of its boundary holds something else"},
      {"--b\r\n" + disposition + "\r\n\r\n1\n--b--", "part 1: the boundary stands within it"},
      {"--b\r\n" + disposition + "\r\n\r\n1 --b--\r\n--b--", "part 1: the boundary stands within it"},
      {"--b\r\n" + disposition + "\r\n\r\n1\r\n--b--epilogue", "something stands behind its last boundary"},
      {"--b\r\n" + disposition + "\r\n1\r\n--b--", "part 1: its head does not end"},
      {"--b\r\n\r\n1\r\n--b--", "part 1: it has no Content-Disposition"},
      {"--b\r\n" + disposition + "\r\n" + disposition + "\r\n\r\n1\r\n--b--",
       "part 1: it has two fields Content-Disposition"},
      {"--b\r\n" + disposition + "\r\nContent-Type: a/b\r\ncontent-type: a/b\r\n\r\n1\r\n--b--",
       "part 1: it has two fields Content-Type"},
      {"--b\r\n" + disposition + "\r\nContent-Type: text\r\n\r\n1\r\n--b--",
       "part 1: its Content-Type is no media type"},
      {"--b\r\n" + disposition + ";\r\n filename=x\r\n\r\n1\r\n--b--", "part 1: a line of its head is no field"},
      {"--b\r\n" + disposition + "\r\nX: a\nb\r\n\r\n1\r\n--b--", "part 1: a line of its head is no field"},
      {"--b\r\n" + disposition + "\r\nno field\r\n\r\n1\r\n--b--", "part 1: a line of its head is no field"},
      {"--b\r\n" + disposition + "\r\nContent-Transfer-Encoding: base64\r\n\r\n1\r\n--b--",
       "part 1: a Content-Transfer-Encoding is not for forms (RFC 7578 section 4.7)"},
      {"--b\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition is none of a form: form-data; name=\"...\""},
      {"--b\r\nContent-Disposition: form-data; name=\"a\"; name=b\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition is none of a form: form-data; name=\"...\""},
      {"--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"a\\\"; name=\\\"b\"\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition is none of a form: form-data; name=\"...\""},
      {"--b\r\nContent-Disposition: form-data; name=\"a\" b\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition is none of a form: form-data; name=\"...\""},
      {"--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition must name it once, in UTF-8"},
      {"--b\r\nContent-Disposition: form-data; name=a; name*=utf-8''b\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition must name it once, in UTF-8"},
      {"--b\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n1\r\n--b--",
       "part 1: its Content-Disposition must name it once, in UTF-8"},
      {"--b\r\nContent-Disposition: form-data; name=_charset_\r\n\r\nutf-16\r\n--b--",
       "part 1: _charset_ must be UTF-8"},
      {"--b\r\n" + disposition + "\r\nX: " + std::string(9000, 'x') + "\r\n\r\n1\r\n--b--",
       "part 1: its head is longer than 8192 bytes"},
  }));
  CAPTURE(body);
  MultipartMistake found;
  REQUIRE_FALSE(parse_multipart("multipart/form-data; boundary=b", body, found));
  CHECK((found.part == 0 ? "" : "part " + std::to_string(found.part) + ": ") + found.message == mistake);
}

TEST_CASE("a boundary is one of RFC 2046, named once") {
  MultipartMistake mistake;
  const auto told = [&](const std::string& type) {
    CHECK_FALSE(parse_multipart(type, "--b--", mistake));
    return mistake.message;
  };
  CHECK(told("multipart/form-data") == "Content-Type names no boundary");
  CHECK(told("multipart/form-data; boundary=b; boundary=c") == "Content-Type names no boundary");
  CHECK(told("multipart/form-data; boundary=\"b") == "Content-Type names no boundary");
  CHECK(told("multipart/form-data; boundary=\"\"") == "the boundary in Content-Type is none that RFC 2046 allows");
  CHECK(told("multipart/form-data; boundary=\"b \"") == "the boundary in Content-Type is none that RFC 2046 allows");
  CHECK(told("multipart/form-data; boundary=" + std::string(71, 'b')) ==
        "the boundary in Content-Type is none that RFC 2046 allows");
  CHECK(parse_multipart("multipart/form-data;Boundary=\"b\";", "\r\n--b--\r\n", mistake).value().empty());
}

TEST_CASE("a mistake of the framing is told with the number of its part") {
  CHECK(post(photo + "--b\r\n\r\nx\r\n") ==
        Lines{"body: value_error.multipart: this is no multipart form: part 2: it has no Content-Disposition "
              R"({"part":2})"});
  CHECK(post("--c\r\n") ==
        Lines{"body: value_error.multipart: this is no multipart form: it does not begin with its boundary"});
}

TEST_CASE("a multipart form without a schema passes as it is") {
  CHECK(post("no form", Coercion::none, "/any") == nothing);
}

TEST_CASE("no more parts than a thousand are read, and mistakes are told up to a hundred") {
  const auto papers = [](std::size_t count) {
    std::string parts;
    for (std::size_t i = 0; i < count; ++i) parts += file("papers", "12345");
    return parts;
  };
  CHECK(post(papers(most_parts + 1)) ==
        Lines{"body: value_error.multipart: this is no multipart form: part 1001: more than 1000 parts are too many "
              R"({"part":1001})"});
  CHECK(post(papers(most_parts)).size() == most_violations_told);
}

TEST_CASE("a form of nothing but beginnings of boundaries is read in one pass") {
  const std::string boundary(70, '-');
  const auto read = [&](std::size_t size) {
    const std::string body = "--" + boundary + "\r\nContent-Disposition: form-data; name=a\r\n\r\n" +
                             std::string(size, '-').replace(70, 1, "x") + "\r\n";
    std::string hostile = body;
    for (std::size_t i = 71; i < body.size(); i += 71) hostile[i] = 'x';
    MultipartMistake mistake;
    const auto start = std::clock();
    CHECK_FALSE(parse_multipart("multipart/form-data; boundary=" + boundary, hostile, mistake));
    return std::clock() - start;
  };
  CHECK(read(16U << 20U) < 5 * CLOCKS_PER_SEC);
}

TEST_CASE("no damage to a multipart form does more than refuse it") {
  const std::string whole = photo + title + part("place", R"({"lat": 1})") + part("tags", "a");
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same damage each time
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = whole;
    for (int hits = 0; hits < 3; ++hits) {
      const std::size_t at = random() % damaged.size();
      switch (random() % 4) {
        case 0:
          damaged[at] = static_cast<char>(random());
          break;
        case 1:
          damaged.erase(at, random() % 9);
          break;
        case 2:
          damaged.insert(at, "\r\n");
          break;
        default:
          damaged.insert(at, "--b");
      }
    }
    CHECK(post(damaged).size() <= 100);
  }
}

TEST_CASE("in 3.1 a media type without an encoding says that a part is a file") {
  const auto api = contract(R"(
openapi: 3.1.0
paths:
  /a:
    post:
      operationId: a
      requestBody:
        content:
          multipart/form-data:
            schema:
              type: object
              properties:
                raw: {type: string, contentMediaType: image/png, maxLength: 2}
                coded: {type: string, contentMediaType: image/png, contentEncoding: base64, maxLength: 2}
                n: {type: [integer, 'null']}
      responses: {}
)",
                            Coercion::none);
  const auto post_31 = [&](const std::string& parts) {
    return check_request(*api, {"POST /a", {{"Content-Type", "multipart/form-data; boundary=b"}}, parts + "--b--"});
  };
  CHECK(post_31(part("raw", "\xff\xfe") + part("n", "3")) == nothing);
  CHECK(post_31(part("raw", "\xff\xfe\xfd")) ==
        Lines{R"(body.raw: value_error.file.max_length: ensure this file has at most 2 bytes {"limit_value":2})"});
  CHECK(post_31(part("coded", "abc")) ==
        Lines{"body.coded: value_error.any_str.max_length: ensure this value has at most 2 characters "
              R"({"limit_value":2})"});
  CHECK(post_31(part("n", "x")) == Lines{"body.n: type_error.integer: value is not a valid integer"});
}

TEST_CASE("what a document says of parts without effect is a warning") {
  CHECK(problems_of(R"(
openapi: 3.0.3
paths:
  /a:
    post:
      operationId: a
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, properties: {a: {oneOf: [{type: object}, {type: string}]}, b: {type: string}}}
            encoding:
              b: {headers: {X: {schema: {type: string}}}, style: form, odd: 1}
              c: {contentType: text/csv}
      responses: {}
)") == Lines{"test.yaml:12:72: warning: 'odd' of an encoding has no effect",
             "test.yaml:12:19: warning: the headers of a part are not checked",
             "test.yaml:12:59: warning: 'style' has no effect on the parts of a multipart form",
             "test.yaml:13:15: warning: the encoding of 'c' has no effect: the schema has no such property",
             "test.yaml:10:13: warning: the part 'a' is not checked, for it may be an object or something else, and no "
             "one can tell here how it is written"});
}

TEST_CASE("an operation tells which bodies need to be seen") {
  const auto api = contract(photos, Coercion::none);
  const auto checks = [&](const char* id, const char* type) { return api->find(id)->checks_body(type); };
  CHECK(checks("addPhoto", "multipart/form-data; boundary=b"));
  CHECK_FALSE(checks("addAny", "multipart/form-data; boundary=b"));
  CHECK(checks("putPicture", "image/png"));  // its size is bounded
  CHECK(checks("addRange", "application/json"));
  CHECK_FALSE(checks("addRange", "application/xml"));
}

}  // namespace
}  // namespace pgw::contract::test
