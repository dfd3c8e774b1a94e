#include "config/suggest.h"

#include <string>
#include <tuple>
#include <vector>

#include "support/catch.h"

using namespace pgw::config;

TEST_CASE("the nearest known name is proposed when it is near") {
  const std::vector<std::string> known{"listen", "admin", "upstream", "access", "api", "log", "max_header", "max_body"};
  auto [word, text] = GENERATE(table<std::string, std::string>({
      {"upsteam", ", did you mean 'upstream'?"},
      {"UPSTREAM", ", did you mean 'upstream'?"},
      {"Listen", ", did you mean 'listen'?"},
      {"acess", ", did you mean 'access'?"},
      {"max_headers", ", did you mean 'max_header'?"},
      {"maxheader", ", did you mean 'max_header'?"},
      {"lgo", ", did you mean 'log'?"},
      {"ap", ", did you mean 'api'?"},
      {"ui", ""},
      {"workers", ""},
      {"x", ""},
      {"", ""},
      {"timeout", ""},
  }));
  INFO(word);
  CHECK(did_you_mean(word, known) == text);
}

TEST_CASE("a name of monstrous length is near to nothing") {
  const std::vector<std::string> known{std::string(100'000, 'a')};
  CHECK_FALSE(nearest(std::string(99'999, 'a'), known));
}
