#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "gateway/access/key_ring.h"
#include "support/catch.h"

using namespace pgw::access;

using Values = std::vector<std::string_view>;

TEST_CASE("the key comes from X-API-KEY or from Authorization: Bearer") {
  auto [x_api_key, authorization, denial, key] = GENERATE(table<Values, Values, Denial, std::string>({
      {{}, {}, Denial::missing, ""},
      {{"k"}, {}, Denial::none, "k"},
      {{" \tk "}, {}, Denial::none, "k"},
      {{}, {"Bearer k"}, Denial::none, "k"},
      {{}, {"bearer   k"}, Denial::none, "k"},
      {{}, {"BEARER\tk "}, Denial::none, "k"},
      {{""}, {"Bearer k"}, Denial::none, "k"},
      {{"k"}, {"Bearer k"}, Denial::none, "k"},
      {{"k"}, {"Bearer other"}, Denial::ambiguous, ""},
      {{"k", "k"}, {}, Denial::ambiguous, ""},
      {{"k", "l"}, {}, Denial::ambiguous, ""},
      {{}, {"Bearer k", "Bearer k"}, Denial::ambiguous, ""},
      {{"k"}, {"Bearer k", "Basic Zm9v"}, Denial::ambiguous, ""},
      {{"k"}, {"Basic Zm9v"}, Denial::none, "k"},
      {{}, {"Basic Zm9v"}, Denial::missing, ""},
      {{}, {"Bearer"}, Denial::missing, ""},
      {{}, {"Bearer "}, Denial::missing, ""},
      {{}, {"Bearerk"}, Denial::missing, ""},
      {{""}, {}, Denial::missing, ""},
  }));
  const auto presented = presented_key(x_api_key, authorization);
  CHECK(presented.denial == denial);
  CHECK(presented.key == key);
}

TEST_CASE("denials say what is wrong and quote no key") {
  auto [denial, name, text] = GENERATE(table<Denial, std::string, std::string>({
      {Denial::none, "", ""},
      {Denial::missing, "missing", "no API key: send it as X-API-KEY or as Authorization: Bearer"},
      {Denial::ambiguous, "ambiguous", "more than one API key: send one, as X-API-KEY or as Authorization: Bearer"},
      {Denial::unknown, "unknown", "unknown API key"},
      {Denial::expired, "expired", "this API key has expired"},
  }));
  CHECK(to_string(denial) == name);
  CHECK(message(denial) == text);
}
