#include "gateway/http/message.h"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"

namespace pgw::http {
namespace {

Fields make_fields(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  Fields fields;
  for (const auto& [name, value] : pairs) fields.add(name, value);
  return fields;
}

std::string to_text(const Fields& fields) {
  std::string text;
  for (const Field& field : fields) text += field.name + "=" + field.value + ";";
  return text;
}

TEST_CASE("fields are found without regard to case and keep order and duplicates") {
  const Fields fields = make_fields({{"Accept", "a"}, {"X-Tag", "1"}, {"accept", "b"}});
  REQUIRE(fields.find("ACCEPT") != nullptr);
  CHECK(*fields.find("ACCEPT") == "a");
  CHECK(fields.all("Accept") == std::vector<std::string_view>{"a", "b"});
  CHECK(fields.count("accept") == 2);
  CHECK(fields.find("accep") == nullptr);
  CHECK(fields.find("accept-") == nullptr);
  CHECK(to_text(fields) == "Accept=a;X-Tag=1;accept=b;");
}

TEST_CASE("erasing removes every field of a name and keeps the order of the rest") {
  Fields fields = make_fields({{"A", "1"}, {"B", "2"}, {"a", "3"}, {"C", "4"}});
  CHECK(fields.erase("a") == 2);
  CHECK(to_text(fields) == "B=2;C=4;");
  CHECK(fields.erase("a") == 0);
  CHECK(fields.size() == 2);
}

TEST_CASE("erasing and setting may be asked with a field's own name and value") {
  Fields fields = make_fields({{"Long-Field-Name-Beyond-The-Small-String", "1"}, {"B", "2"}});
  fields.erase(fields.begin()->name);
  CHECK(to_text(fields) == "B=2;");
  fields.set(fields.begin()->name, fields.begin()->value);
  CHECK(to_text(fields) == "B=2;");
}

TEST_CASE("setting replaces every field of a name") {
  Fields fields = make_fields({{"A", "1"}, {"B", "2"}, {"a", "3"}});
  fields.set("A", "4");
  CHECK(to_text(fields) == "B=2;A=4;");
}

TEST_CASE("cleared fields leave nothing of what they held") {
  Fields fields = make_fields({{"X-API-KEY", "secret"}, {"B", "2"}});
  fields.clear();
  CHECK(fields.empty());
  CHECK(fields.find("x-api-key") == nullptr);
  fields.add("C", "3");
  CHECK(to_text(fields) == "C=3;");
  const Fields copy = fields;
  CHECK(to_text(copy) == "C=3;");
}

TEST_CASE("copies are independent, and what was moved from is empty") {
  Fields fields = make_fields({{"A", "1"}});
  Fields copy = fields;
  copy.set("A", "2");
  CHECK(to_text(fields) == "A=1;");
  const Fields taken = std::move(fields);
  CHECK(to_text(taken) == "A=1;");
  CHECK(fields.empty());  // NOLINT(bugprone-use-after-move): that state is the subject
  copy = taken;
  CHECK(to_text(copy) == "A=1;");
}

TEST_CASE("hop-by-hop fields are the standing ones and what Connection names") {
  const auto [name, expected] = GENERATE(table<std::string, bool>({
      {"Connection", true},
      {"keep-alive", true},
      {"Proxy-Connection", true},
      {"TE", true},
      {"Trailer", true},
      {"Transfer-Encoding", true},
      {"Upgrade", true},
      {"Proxy-Authenticate", true},
      {"Proxy-Authorization", true},
      {"X-Private", true},
      {"x-also", true},
      {"X-Pri", false},
      {"Content-Type", false},
      {"Authorization", false},
      {"", false},
  }));
  const Fields fields = make_fields({{"Connection", "close, X-Private"}, {"connection", " X-Also ,,"}});
  INFO(name);
  const ConnectionOptions options(fields);
  CHECK(options.end_here(name) == expected);
  CHECK_FALSE(options.are_too_many());
}

TEST_CASE("connection options are few") {
  std::string value = "a";
  for (std::size_t i = 1; i < ConnectionOptions::at_most; ++i) value += ",a" + std::to_string(i);
  CHECK_FALSE(ConnectionOptions(make_fields({{"Connection", value + ",,"}})).are_too_many());
  CHECK(ConnectionOptions(make_fields({{"Connection", value + ", b"}})).are_too_many());
  CHECK(ConnectionOptions(make_fields({{"Connection", value}, {"Connection", "b"}})).are_too_many());
}

TEST_CASE("a request knows its method and clears to an empty one") {
  Request request;
  request.method = "HEAD";
  request.path = "/a";
  request.has_query = true;
  request.version_minor = 0;
  request.fields.add("A", "1");
  CHECK(request.is_head());
  request.clear();
  CHECK_FALSE(request.is_head());
  CHECK(request.path.empty());
  CHECK_FALSE(request.has_query);
  CHECK(request.version_minor == 1);
  CHECK(request.fields.empty());
}

TEST_CASE("statuses have the phrases of their RFCs") {
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(422) == "Unprocessable Content");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(reason_phrase(299) == "Unknown");
}

}  // namespace
}  // namespace pgw::http
