#include <iostream>
#include <stdexcept>

#include "config/units.h"
#include "gateway/access/new_key.h"
#include "gateway/cli/commands.h"

namespace pgw::cli {
namespace {

/// "90d" from now, or a moment to come. Throws std::invalid_argument that says what is wrong.
std::optional<std::chrono::sys_seconds> parse_expiry(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto now = std::chrono::system_clock::now();
  if (const auto moment = config::parse_moment(text)) {
    if (*moment > now) return moment;
    throw std::invalid_argument("--expires " + text + ": such a key has expired already (a date is its 00:00 UTC)");
  }
  const auto lifetime = config::parse_duration(text);
  if (!lifetime || lifetime->count() <= 0) {
    throw std::invalid_argument(
        "--expires takes a time from now with a unit (90d, 12h), a date (2027-01-31) or a moment "
        "(2027-01-31T12:00:00Z), not '" +
        text + "'");
  }
  return std::chrono::ceil<std::chrono::seconds>(now + *lifetime);
}

std::vector<config::Scope> parse_scopes(const std::vector<std::string>& names) {
  std::vector<config::Scope> scopes;
  for (const auto& name : names) {
    const auto scope = config::parse_scope(name);
    if (!scope) throw std::invalid_argument("--scopes takes read and write, not '" + name + "'");
    scopes.push_back(*scope);
  }
  return scopes;
}

}  // namespace

int new_key(const NewKeyOptions& options) {
  try {
    const auto made = access::new_key(options.team, parse_scopes(options.scopes), parse_expiry(options.expires));
    std::cout << "key (shown once, give it to the team over a safe channel):\n"
              << made.key.reveal() << "\n\nentry for the keys file, under `keys:` (it holds only the key's hash):\n"
              << made.yaml;
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

}  // namespace pgw::cli
