// The config file. Promise: every text is settings or problems, and never an exception.
#include <nlohmann/json.hpp>

#include "config/settings.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgw;
  static const fuzz::InputFile file("gateway.yaml");
  const auto environment = [](const std::string& name) {
    return name == "SECRET" ? std::optional<std::string>("environment-secret") : std::nullopt;
  };
  const auto text = fuzz::text_of(data, size);
  if (text.find("environment-secret") != std::string_view::npos)
    return 0;  // libFuzzer has seen it: the file's own word
  const auto loaded = config::load_settings(file.with(text), environment);
  for (const auto& problem : loaded.problems) {
    fuzz::promise(contract::to_string(problem).find("environment-secret") == std::string::npos,
                  "no problem quotes a value of the environment");
  }
  if (!loaded.settings) return 0;
  fuzz::promise(config::redacted(*loaded.settings).dump().find("environment-secret") == std::string::npos,
                "no page tells a secret");
  return 0;
}
