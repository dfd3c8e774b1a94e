#include "config/admin_tokens.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/file_access.h"
#include "config/secret_file.h"

namespace pgw::config {
namespace {

using contract::Severity;

/// token68, RFC 9110 section 11.2.
bool is_bearer_token(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  constexpr std::string_view also = "-._~+/";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return base::is_letter(c) || base::is_digit(c) || also.find(c) != std::string_view::npos;
  });
}

/// Fills `token`, or returns what is wrong with the line.
std::string read_line(std::string_view line, AdminToken& token) {
  const auto colon = line.find(':');
  const auto right = line.substr(0, colon);
  if (colon == std::string_view::npos || (right != "read" && right != "change")) {
    return "read:TOKEN or change:TOKEN expected";
  }
  const auto value = line.substr(colon + 1);
  if (value.size() < least_secret) return "a token has 16 characters or more";
  if (!is_bearer_token(value)) return "a token has letters, digits and -._~+/ alone, with = at its end";
  token.right = right == "read" ? AdminRight::read : AdminRight::change;
  token.value = Secret(value);
  return {};
}

LoadedAdminTokens load(const std::filesystem::path& path) {
  LoadedAdminTokens loaded;
  const auto add = [&](Severity severity, int line, std::string message) {
    loaded.problems.push_back({severity, {path.string(), line, line > 0 ? 1 : 0}, std::move(message)});
  };
  const WipedText text(path);
  if (!text.failure().empty()) {
    add(Severity::error, 0, text.failure());
    return loaded;
  }
  if (auto who = who_else_may_read(path); !who.empty()) add(Severity::warning, 0, std::move(who));
  std::string_view rest = text.view();
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = base::trim(rest.substr(0, end), " \t\r");
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    AdminToken token;
    if (auto fault = read_line(line, token); !fault.empty()) {
      add(Severity::error, number, std::move(fault));
    } else {
      loaded.tokens.push_back(std::move(token));
    }
  }
  if (loaded.tokens.empty() && loaded.ok()) add(Severity::error, 0, "has no line read:TOKEN or change:TOKEN");
  return loaded;
}

}  // namespace

bool LoadedAdminTokens::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const auto& problem) { return problem.severity == Severity::error; });
}

LoadedAdminTokens load_admin_tokens(const std::filesystem::path& path) {
  try {
    return load(path);
  } catch (const std::exception& failure) {
    return {{}, {{Severity::error, {path.string(), 0, 0}, failure.what()}}};
  }
}

}  // namespace pgw::config
