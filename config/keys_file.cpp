#include "config/keys_file.h"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/reader.h"
#include "config/settings_schema.h"
#include "config/suggest.h"

namespace pgw::config {
namespace {

using nlohmann::json;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class KeysLoader {
 public:
  KeysLoader(Reader& reader, std::chrono::sys_seconds now) : reader_(reader), now_(now) {}

  std::vector<KeyEntry> load() {
    const json* keys = reader_.find("/keys");
    const std::size_t count = keys != nullptr && keys->is_array() ? keys->size() : 0;
    for (std::size_t i = 0; i < count; ++i) entry(Section(reader_, "/keys/" + std::to_string(i)));
    if (count == 0 && !reader_.has_errors()) reader_.warning("/keys", "no key: nobody may call");
    return std::move(entries_);
  }

 private:
  void entry(const Section& section) {
    KeyEntry entry;
    entry.place = reader_.place(section.pointer());
    read_name(section, "id", entry.id);
    read_team(section, entry.team);
    unique(ids_, entry.id, section.pointer("id"), "another key has this id");
    hash(section, entry);
    scopes(section, entry);
    entry.operations = section.texts("operations");
    rate(section, entry);
    expiry(section, entry);
    entries_.push_back(std::move(entry));
  }

  void read_name(const Section& section, std::string_view key, std::string& into) {
    const auto text = section.text(key);
    if (!text) return;
    into = *text;
    if (!is_name(into)) reader_.error(section.pointer(key), name_rule("a name"));
  }

  void read_team(const Section& section, std::string& into) {
    const auto text = section.text("team");
    if (!text) return;
    into = *text;
    if (const auto fault = team_fault(into); !fault.empty()) reader_.error(section.pointer("team"), fault);
  }

  void hash(const Section& section, KeyEntry& entry) {
    const auto text = section.text("sha256");
    if (!text) return;
    const auto digest = parse_sha256(*text);
    if (!digest) {
      reader_.error(section.pointer("sha256"), "64 hexadecimal digits expected: the SHA-256 of the key, never the key");
      return;
    }
    entry.sha256 = *digest;
    unique(hashes_, sha256_text(*digest), section.pointer("sha256"), "another entry has this key");
  }

  void scopes(const Section& section, KeyEntry& entry) {
    for (const auto& name : section.texts("scopes")) {
      const auto scope = parse_scope(name);
      const bool is_new = scope && std::find(entry.scopes.begin(), entry.scopes.end(), *scope) == entry.scopes.end();
      if (is_new) entry.scopes.push_back(*scope);
    }
    if (!section.named("scopes")) entry.scopes = {Scope::read};
  }

  void rate(const Section& section, KeyEntry& entry) {
    if (const auto* value = reader_.find(section.pointer("rate"))) {
      entry.rate = value->is_string() ? parse_rate(value->get<std::string>()) : std::nullopt;
      if (!entry.rate) {
        reader_.error(section.pointer("rate"), "a rate of 1 to 1000000 expected, e.g. 50/s, 3000/m, 100/h");
        return;
      }
      const auto period = static_cast<std::uint32_t>(entry.rate->period.count());
      entry.burst = std::max(1U, entry.rate->events / period);
    }
    section.read("burst", entry.burst);
    if (section.has("burst") && !section.named("rate")) reader_.error(section.pointer("burst"), "needs a rate");
  }

  void expiry(const Section& section, KeyEntry& entry) {
    const auto* value = reader_.find(section.pointer("expires"));
    if (value == nullptr) return;
    entry.expires = value->is_string() ? parse_date(value->get<std::string>()) : std::nullopt;
    if (!entry.expires) {
      reader_.error(section.pointer("expires"), "a date expected, e.g. 2027-01-31");
    } else if (now_ >= *entry.expires) {
      reader_.warning(section.pointer("expires"), "this key has expired");
    }
  }

  void unique(std::map<std::string, std::string>& seen, const std::string& value, const std::string& pointer,
              const std::string& message) {
    if (value.empty()) return;
    const auto [first, is_new] = seen.emplace(value, pointer);
    if (!is_new) reader_.error(pointer, message + ": " + dotted(first->second));
  }

  Reader& reader_;
  const std::chrono::sys_seconds now_;
  std::vector<KeyEntry> entries_;
  std::map<std::string, std::string> ids_;  // value to the pointer where it stood first
  std::map<std::string, std::string> hashes_;
};

}  // namespace

std::string_view to_string(Scope scope) {
  return scope == Scope::read ? "read" : "write";
}

std::optional<Scope> parse_scope(std::string_view text) {
  if (text == "read") return Scope::read;
  if (text == "write") return Scope::write;
  return std::nullopt;
}

bool is_name(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= max_name && alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

std::string name_rule(std::string_view what) {
  return std::string(what) + " has 1 to 64 letters, digits, '.', '_' and '-', and begins with a letter or digit";
}

std::string team_fault(std::string_view name) {
  if (!is_name(name)) return name_rule("a team's name");
  return name == "other" ? "'other' is what the metrics call unknown teams" : "";
}

bool LoadedKeys::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const auto& problem) { return problem.severity == contract::Severity::error; });
}

LoadedKeys load_keys(const std::filesystem::path& path, std::chrono::sys_seconds now) {
  try {
    Reader reader(path);
    LoadedKeys loaded;
    if (reader.readable()) {
      reader.check(keys_schema_text(), nullptr);
      loaded.entries = KeysLoader(reader, now).load();
    }
    loaded.problems = reader.take_problems();
    return loaded;
  } catch (const std::exception& failure) {
    return {{}, {{contract::Severity::error, {path.string(), 0, 0}, failure.what()}}};
  }
}

std::vector<contract::Problem> check_operations(std::span<const KeyEntry> entries, std::span<const std::string> known) {
  std::vector<contract::Problem> problems;
  for (const auto& entry : entries) {
    for (const auto& id : entry.operations) {
      if (std::find(known.begin(), known.end(), id) != known.end()) continue;
      problems.push_back(
          {contract::Severity::error, entry.place,
           "key '" + entry.id + "': the contract has no operation '" + id + "'" + did_you_mean(id, known)});
    }
  }
  return problems;
}

std::optional<std::array<std::uint8_t, 32>> parse_sha256(std::string_view hex) {
  std::array<std::uint8_t, 32> digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::string sha256_text(const std::array<std::uint8_t, 32>& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
  }
  return out;
}

std::string entry_yaml(const KeyEntry& entry) {
  const auto list = [](const std::vector<std::string>& items) {
    std::string out = "[";
    for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + item;
    return out + "]";
  };
  std::vector<std::string> scopes;
  for (const Scope scope : entry.scopes) scopes.emplace_back(to_string(scope));
  // Ids and teams are quoted, since "on" or "0123" would be no text to YAML.
  std::string out = "  - id: \"" + entry.id + "\"\n    team: \"" + entry.team + "\"\n    sha256: \"" +
                    sha256_text(entry.sha256) + "\"\n    scopes: " + list(scopes) + "\n";
  if (!entry.operations.empty()) out += "    operations: " + list(entry.operations) + "\n";
  if (entry.rate) {
    out += "    rate: " + to_text(*entry.rate) + "\n    burst: " + std::to_string(entry.burst) + "\n";
  }
  if (entry.expires) out += "    expires: " + to_text(*entry.expires) + "\n";
  return out;
}

}  // namespace pgw::config
