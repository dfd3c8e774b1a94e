#include "gateway/log/line_buffer.h"

#include <cstdint>
#include <string>

#include "support/catch.h"

using namespace pgw::log;

TEST_CASE("pieces stand one behind the other, in whatever room there was at first") {
  const std::size_t capacity = GENERATE(0U, 1U, 7U, 1024U);
  LineBuffer buffer(capacity);
  buffer.append("status=");
  buffer.append_number(std::uint64_t{18'446'744'073'709'551'615U});
  buffer.append("");
  buffer.append_json("plain");
  buffer.append_json("a \"quote\"");
  CHECK(buffer.view() == R"(status=18446744073709551615"plain""a \"quote\"")");
  CHECK(buffer.size() == buffer.view().size());
}

TEST_CASE("a buffer that was cleared begins anew") {
  LineBuffer buffer(8);
  buffer.append(std::string(100, 'x'));
  buffer.clear();
  CHECK(buffer.view().empty());
  buffer.append_number(0U);
  CHECK(buffer.view() == "0");
}
