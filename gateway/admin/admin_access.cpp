#include "gateway/admin/admin_access.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <sys/stat.h>
#include <system_error>

#include "base/address.h"
#include "base/text.h"

namespace pgw::admin {
namespace {

constexpr std::size_t shortest_token = 16;

/// RFC 6750 section 2.1: b64token.
bool is_bearer_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return base::is_letter(c) || base::is_digit(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

/// What is wrong with a line, or nothing once its token is in `tokens`.
std::string take_line(std::string_view line, std::vector<Token>& tokens) {
  const auto colon = line.find(':');
  const std::string_view name = base::trim(line.substr(0, colon));
  if (colon == std::string_view::npos || (name != "read" && name != "change")) {
    return "must be read:TOKEN or change:TOKEN";
  }
  const std::string_view secret = base::trim(line.substr(colon + 1));
  if (secret.size() < shortest_token) {
    return "has a token of less than " + std::to_string(shortest_token) + " characters";
  }
  if (!is_bearer_token(secret)) return "has a token with other characters than letters, digits and -._~+/=";
  tokens.push_back({name == "read" ? Right::read : Right::change, config::Secret(secret)});
  return {};
}

std::string reason_of(int error) {
  return std::error_code(error, std::generic_category()).message();
}

/// The host of "HOST", "HOST:PORT", "[IPV6]" or "[IPV6]:PORT"; empty for anything else in brackets.
std::string_view without_port(std::string_view host) {
  if (!host.starts_with('[')) return host.substr(0, host.find(':'));
  const auto close = host.find(']');
  if (close == std::string_view::npos) return {};
  const std::string_view rest = host.substr(close + 1);
  return rest.empty() || rest.front() == ':' ? host.substr(1, close - 1) : std::string_view();
}

bool names_this_listener(const std::vector<std::string>& hosts, std::string_view host) {
  const std::string_view name = without_port(host);
  return base::IpAddress::parse(name) || base::iequals(name, "localhost") ||
         std::ranges::any_of(hosts, [name](const std::string& known) { return base::iequals(known, name); });
}

/// The strongest right that the presented token has; nullopt without one.
std::optional<Right> right_of(const std::vector<Token>& tokens, const http::Request& request) {
  constexpr std::string_view scheme = "bearer ";
  if (request.fields.count("authorization") != 1) return std::nullopt;
  const std::string_view value = base::trim(*request.fields.find("authorization"));
  if (!base::iequals(value.substr(0, scheme.size()), scheme)) return std::nullopt;
  const std::string_view presented = base::trim(value.substr(scheme.size()));
  std::optional<Right> right;
  for (const Token& token : tokens) {
    const bool is_it = token.secret.equals(presented);
    if (is_it && right != Right::change) right = token.right;
  }
  return right;
}

}  // namespace

ParsedTokens parse_tokens(std::string_view text) {
  ParsedTokens parsed;
  for (std::size_t number = 1; !text.empty() && parsed.problem.empty(); ++number) {
    const std::string_view line = base::trim(text.substr(0, text.find('\n')), " \t\r");
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string fault = take_line(line, parsed.tokens);
    if (!fault.empty()) parsed.problem = "line " + std::to_string(number) + " " + fault;
  }
  if (parsed.problem.empty() && parsed.tokens.empty()) parsed.problem = "has no line read:TOKEN or change:TOKEN";
  return parsed;
}

ParsedTokens read_tokens(const std::filesystem::path& file) {
  struct stat status = {};
  if (::stat(file.c_str(), &status) != 0) return {{}, reason_of(errno)};
  if ((status.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return {{}, "others may read or write it: chmod 600, or 640 for a group of its own"};
  }
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return {{}, "can't be read"};
  ParsedTokens parsed = parse_tokens(text);
  config::wipe(text.data(), text.size());
  return parsed;
}

Verdict judge(const Access& access, const http::Request& request, Right wanted) {
  if (access.tokens.empty()) {
    return names_this_listener(access.hosts, request.host) ? Verdict::allowed : Verdict::wrong_host;
  }
  const auto right = right_of(access.tokens, request);
  if (!right) return Verdict::no_token;
  return wanted == Right::change && right != Right::change ? Verdict::read_only : Verdict::allowed;
}

}  // namespace pgw::admin
