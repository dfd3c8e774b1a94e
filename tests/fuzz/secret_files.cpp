// The files that hold secrets: admin_token_file and the credential's. Promise: what is read is whole and can stand in a
// field, and no problem quotes the file.
#include "config/admin_tokens.h"
#include "config/secret_file.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pgw;
  static const fuzz::InputFile file("secret");
  const auto text = fuzz::text_of(data, size);
  const auto& path = file.with(text);
  const auto loaded = config::load_admin_tokens(path);
  for (const auto& problem : loaded.problems) {
    const std::string& told = problem.message;  // a token may well be part of the file's own name
    for (const auto line : fuzz::lines_of(text, 64)) {
      const auto token = line.substr(line.find(':') == std::string_view::npos ? 0 : line.find(':') + 1);
      // What has a blank may be the message's own words.
      const bool may_be_secret = token.size() >= config::least_secret && token.find(' ') == std::string_view::npos;
      const bool is_quoted = may_be_secret && told.find(token) != std::string::npos;
      fuzz::promise(!is_quoted, "no problem quotes the file");
    }
  }
  fuzz::promise(!loaded.ok() || !loaded.tokens.empty(), "a file without tokens is a problem");
  for (const auto& token : loaded.tokens) {
    fuzz::promise(token.value.reveal().size() >= config::least_secret, "a token is long enough");
    fuzz::promise(text.find(token.value.reveal()) != std::string_view::npos, "a token stands in the file");
  }
  const auto secret = config::read_secret(path);
  fuzz::promise((secret.value == nullptr) == !secret.failure.empty(), "a value, or a reason why there is none");
  if (secret.value != nullptr) {
    fuzz::promise(!config::has_control_character(secret.value->reveal()), "a field can carry it");
    fuzz::promise(secret.value->reveal().size() >= config::least_secret, "a secret is long enough");
  }
  return 0;
}
