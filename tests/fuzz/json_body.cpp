// The JSON reader of request bodies, held against nlohmann's. Promise: both take the same texts, for the same values.
#include "contract/json_body.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using pgw::fuzz::promise;
  const auto text = pgw::fuzz::text_of(data, size);
  pgw::contract::Violation violation;
  const auto ours = pgw::contract::parse_json_body(text, violation);
  // Nesting is bounded here alone; nlohmann takes a byte order mark, and stops at a NUL.
  const auto opened = std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; });
  const bool is_comparable = opened < pgw::contract::deepest_json && text.find('\0') == std::string_view::npos &&
                             !text.starts_with("\xef\xbb\xbf");
  if (!is_comparable) return 0;
  promise(ours.has_value() == nlohmann::json::accept(text), "both take it, or neither");
  if (ours) promise(ours->root().to_json() == nlohmann::json::parse(text), "both read the same value");
  return 0;
}
