// The keys file: who may call, as what, how often. It holds hashes only.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/units.h"
#include "contract/document.h"

namespace pgw::config {

enum class Scope : std::uint8_t {
  read,   ///< operations that change nothing
  write,  ///< the others
};
std::string_view to_string(Scope scope);
std::optional<Scope> parse_scope(std::string_view text);

/// Ids and teams become label values and parts of log lines: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first.
inline constexpr std::size_t max_name = 64;
bool is_name(std::string_view text);
/// "WHAT has 1 to 64 letters, ...", for errors.
std::string name_rule(std::string_view what);
/// Why a name can't be a team's; empty when it can.
std::string team_fault(std::string_view name);

/// Of a key's bytes.
using KeyDigest = std::array<std::uint8_t, 32>;

/// One of the secrets of a key that is being rotated.
struct KeySecret {
  KeyDigest sha256{};
  std::optional<std::chrono::sys_seconds> expires;  ///< refused from then on
};

struct KeyEntry {
  std::string id;  ///< names the key in logs and metrics; unique
  std::string team;
  std::optional<KeyDigest> sha256;  ///< of the only secret; else `secrets` has some
  std::vector<KeySecret> secrets;   ///< all of which are this key
  std::vector<Scope> scopes{Scope::read};
  std::vector<std::string> operations;       ///< operationIds; empty: every operation that the scopes allow
  std::optional<Rate> rate;                  ///< nullopt: unlimited
  std::uint32_t burst = 0;                   ///< with a rate: at least 1, by default what the rate gives in one second
  std::optional<std::uint32_t> concurrency;  ///< requests under way at a time; nullopt: any number
  std::optional<std::chrono::sys_seconds> expires;  ///< refused from then on
  bool disabled = false;                            ///< refused, as if the entry weren't there
  contract::Place place;
};

/// Those of `secrets`, or the only one.
std::vector<KeySecret> secrets_of(const KeyEntry& entry);

struct LoadedKeys {
  std::vector<KeyEntry> entries;            ///< complete only when no problem is an error
  std::vector<contract::Problem> problems;  ///< errors and warnings in the order of the file
  bool ok() const;                          ///< no problem is an error
};

/// Reads and checks a keys file, every problem at once. A file that others may write is refused, see
/// config/file_access.h. `now` decides which keys have expired (a warning). Throws
/// nothing.
LoadedKeys load_keys(
    const std::filesystem::path& path,
    std::chrono::sys_seconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));

/// The operationIds that allow-lists name must be of the contract (`known`).
std::vector<contract::Problem> check_operations(std::span<const KeyEntry> entries, std::span<const std::string> known);

/// 64 hexadecimal digits, either case.
std::optional<KeyDigest> parse_sha256(std::string_view hex);
std::string sha256_text(const KeyDigest& digest);

/// One entry as it stands in the file, with its dash and indentation, to paste under `keys:`.
std::string entry_yaml(const KeyEntry& entry);

}  // namespace pgw::config
