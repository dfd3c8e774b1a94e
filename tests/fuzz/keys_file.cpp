// The keys file. Promise: every text is entries or problems, and what is taken is whole.
#include "config/keys_file.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgw;
  static const fuzz::InputFile file("keys.yaml");
  const auto loaded = config::load_keys(file.with(fuzz::text_of(data, size)), std::chrono::sys_days());
  for (const auto& problem : loaded.problems) static_cast<void>(contract::to_string(problem));
  if (!loaded.ok()) return 0;
  for (const auto& entry : loaded.entries) {
    fuzz::promise(!entry.id.empty() && !entry.team.empty() && !entry.scopes.empty(),
                  "an entry has what every key needs");
    static_cast<void>(config::entry_yaml(entry));
  }
  return 0;
}
