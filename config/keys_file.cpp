#include "config/keys_file.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "config/file_access.h"
#include "config/keys_table.h"
#include "config/reader.h"
#include "config/suggest.h"

namespace pgw::config {
namespace {

using nlohmann::json;

struct KeyId {
  json schema() const { return {{"type", "string"}}; }
  std::string text() const { return "name"; }
  void read(const Section& section, std::string_view key, std::string& into) const {
    into = section.text(key).value_or("");
    if (!is_name(into)) section.error(key, name_rule("a name"));
  }
  json tell(const std::string& value) const { return value.empty() ? json() : json(value); }
};

struct Team {
  json schema() const { return {{"type", "string"}}; }
  std::string text() const { return "name"; }
  void read(const Section& section, std::string_view key, std::string& into) const {
    into = section.text(key).value_or("");
    if (const auto fault = team_fault(into); !fault.empty()) section.error(key, fault);
  }
  json tell(const std::string& value) const { return value.empty() ? json() : json(value); }
};

struct Digest {
  json schema() const { return {{"type", "string"}}; }
  std::string text() const { return "64 hexadecimal digits"; }
  void read(const Section& section, std::string_view key, KeyDigest& into) const {
    if (const auto digest = parse_sha256(section.text(key).value_or(""))) {
      into = *digest;
    } else {
      section.error(key, "64 hexadecimal digits expected: the SHA-256 of the key, never the key");
    }
  }
  json tell(const KeyDigest& value) const { return sha256_text(value); }
};

struct Scopes {
  json schema() const {
    return {{"type", "array"}, {"minItems", 1}, {"items", {{"type", "string"}, {"enum", {"read", "write"}}}}};
  }
  std::string text() const { return "list of `read`, `write`"; }
  void read(const Section& section, std::string_view key, std::vector<Scope>& into) const {
    into.clear();
    for (const auto& name : section.texts(key)) {
      const auto scope = parse_scope(name);
      if (scope && std::find(into.begin(), into.end(), *scope) == into.end()) into.push_back(*scope);
    }
  }
  json tell(const std::vector<Scope>& value) const {
    json out = json::array();
    for (const Scope scope : value) out.push_back(to_string(scope));
    return out;
  }
};

struct Events {
  json schema() const { return json::object(); }
  std::string text() const { return "`NUMBER/s`, `/m` or `/h`"; }
  void read(const Section& section, std::string_view key, Rate& into) const {
    const auto text = section.text(key);
    const auto rate = text ? parse_rate(*text) : std::nullopt;
    if (!rate) return section.error(key, "a rate of 1 to 1000000 expected, e.g. 50/s, 3000/m, 100/h");
    into = *rate;
  }
  json tell(const Rate& value) const { return to_text(value); }
};

struct Moment {
  json schema() const { return json::object(); }
  std::string text() const { return "date or moment"; }
  void read(const Section& section, std::string_view key, std::chrono::sys_seconds& into) const {
    const auto text = section.text(key);
    const auto moment = text ? parse_moment(*text) : std::nullopt;
    if (!moment) return section.error(key, "a date or a moment in UTC expected, e.g. 2027-01-31, 2027-01-31T12:00:00Z");
    into = *moment;
  }
  json tell(std::chrono::sys_seconds value) const { return moment_text(value); }
};

const Table<KeySecret>& secret_table() {
  using Of = KeySecret;
  static const Table<KeySecret> table{
      required(row("sha256", &Of::sha256, Digest{}, "One of the key's secrets, while it is rotated.")),
      row("expires", &Of::expires, Moment{}, "This secret is refused from then on.", "(never)"),
  };
  return table;
}

struct KeysFile {
  std::vector<KeyEntry> keys;
};

const Table<KeysFile>& file_table() {
  static const Table<KeysFile> table{required(list_of("keys", &KeysFile::keys, key_table()))};
  return table;
}

class KeysLoader {
 public:
  KeysLoader(Reader& reader, std::chrono::sys_seconds now) : reader_(reader), now_(now) {}

  std::vector<KeyEntry> load() {
    KeysFile file;
    file_table().read(Section(reader_, ""), file);
    for (std::size_t i = 0; i < file.keys.size(); ++i)
      check(Section(reader_, "/keys/" + std::to_string(i)), file.keys[i]);
    if (file.keys.empty() && !reader_.has_errors()) reader_.warning("/keys", "no key: nobody may call");
    return std::move(file.keys);
  }

 private:
  /// What rows can't say of an entry.
  void check(const Section& section, KeyEntry& entry) {
    entry.place = reader_.place(section.pointer());
    unique(ids_, entry.id, section.pointer("id"), "another key has this id");
    check_secrets(section, entry);
    if (entry.rate && !section.named("burst")) {
      entry.burst = std::max(1U, entry.rate->events / static_cast<std::uint32_t>(entry.rate->period.count()));
    }
    if (section.has("burst") && !section.named("rate")) section.error("burst", "needs a rate");
    warn_of_expiry(section, entry.expires, "this key has expired");
    if (entry.disabled) reader_.warning(section.pointer("disabled"), "this key is disabled");
  }

  void check_secrets(const Section& section, const KeyEntry& entry) {
    if (section.named("sha256") && section.named("secrets")) {
      return reader_.error(section.pointer(), "has both sha256 and secrets; give one");
    }
    if (!section.named("sha256") && !section.named("secrets")) {
      return reader_.error(section.pointer(), "needs sha256, or secrets while it is rotated");
    }
    const std::string another = "another entry has this key";
    if (entry.sha256) unique(hashes_, sha256_text(*entry.sha256), section.pointer("sha256"), another);
    for (std::size_t i = 0; i < entry.secrets.size(); ++i) {
      const Section secret = section.at("secrets").at(std::to_string(i));
      if (secret.has("sha256"))
        unique(hashes_, sha256_text(entry.secrets[i].sha256), secret.pointer("sha256"), another);
      warn_of_expiry(secret, entry.secrets[i].expires, "this secret has expired");
    }
  }

  void warn_of_expiry(const Section& section, std::optional<std::chrono::sys_seconds> expires, const char* message) {
    if (expires && now_ >= *expires) reader_.warning(section.pointer("expires"), message);
  }

  void unique(std::map<std::string, std::string>& seen, const std::string& value, const std::string& pointer,
              const std::string& message) {
    if (value.empty()) return;
    const auto [first, is_new] = seen.emplace(value, pointer);
    if (!is_new) reader_.error(pointer, message + ": " + dotted(first->second));
  }

  Reader& reader_;
  const std::chrono::sys_seconds now_;
  std::map<std::string, std::string> ids_;  // value to the pointer where it stood first
  std::map<std::string, std::string> hashes_;
};

}  // namespace

const Table<KeyEntry>& key_table() {
  using Of = KeyEntry;
  static const Table<KeyEntry> table{
      required(row("id", &Of::id, KeyId{}, "Names the key in logs and metrics; unique.")),
      required(row("team", &Of::team, Team{}, "Whose key it is.")),
      row("sha256", &Of::sha256, Digest{}, "The SHA-256 of the key, never the key. Either this or `secrets`."),
      list_of("secrets", &Of::secrets, secret_table()),
      row("scopes", &Of::scopes, Scopes{}, "`read`: operations that change nothing; `write`: the others."),
      row("operations", &Of::operations, SomeTexts{"operationIds"}, "The only operations that the key may call.",
          "(every operation that the scopes allow)"),
      row("rate", &Of::rate, Events{}, "How often the key may call.", "(no limit)"),
      row("burst", &Of::burst, Count{1, 1'000'000}, "How many calls of the rate may come at once.",
          "(what the rate gives in a second)"),
      row("concurrency", &Of::concurrency, Count{1, 1'000'000}, "Requests of the key that may be under way at a time.",
          "(any number)"),
      row("expires", &Of::expires, Moment{}, "The key is refused from then on; of a date, from its 00:00 UTC.",
          "(never)"),
      row("disabled", &Of::disabled, Flag{}, "The key is refused, as if the entry weren't there."),
  };
  return table;
}

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
    if (auto who = who_else_may_write(path); !who.empty()) reader.error("", who);
    if (reader.readable()) {
      reader.check(file_table().schema(), nullptr);
      loaded.entries = KeysLoader(reader, now).load();
    }
    loaded.problems = reader.take_problems();
    return loaded;
  } catch (const std::exception& failure) {
    return {{}, {{contract::Severity::error, {path.string(), 0, 0}, failure.what()}}};
  }
}

std::vector<KeySecret> secrets_of(const KeyEntry& entry) {
  return entry.sha256 ? std::vector<KeySecret>{{*entry.sha256, std::nullopt}} : entry.secrets;
}

std::vector<contract::Problem> check_operations(std::span<const KeyEntry> entries, std::span<const std::string> known) {
  std::vector<contract::Problem> problems;
  const std::set<std::string_view> ids(known.begin(), known.end());
  for (const auto& entry : entries) {
    for (const auto& id : entry.operations) {
      if (ids.contains(id)) continue;
      problems.push_back(
          {contract::Severity::error, entry.place,
           "key '" + entry.id + "': the contract has no operation '" + id + "'" + did_you_mean(id, known)});
    }
  }
  return problems;
}

std::optional<KeyDigest> parse_sha256(std::string_view hex) {
  KeyDigest digest{};
  return base::read_hex(hex, digest) ? std::optional(digest) : std::nullopt;
}

std::string sha256_text(const KeyDigest& digest) {
  std::string out;
  base::append_hex(out, digest);
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
  std::string out = "  - id: \"" + entry.id + "\"\n    team: \"" + entry.team + "\"\n";
  if (entry.sha256) out += "    sha256: \"" + sha256_text(*entry.sha256) + "\"\n";
  if (!entry.secrets.empty()) out += "    secrets:\n";
  for (const auto& secret : entry.secrets) {
    out += "      - {sha256: \"" + sha256_text(secret.sha256) + "\"";
    if (secret.expires) out += ", expires: " + moment_text(*secret.expires);
    out += "}\n";
  }
  out += "    scopes: " + list(scopes) + "\n";
  if (!entry.operations.empty()) out += "    operations: " + list(entry.operations) + "\n";
  if (entry.rate) {
    out += "    rate: " + to_text(*entry.rate) + "\n    burst: " + std::to_string(entry.burst) + "\n";
  }
  if (entry.concurrency) out += "    concurrency: " + std::to_string(*entry.concurrency) + "\n";
  if (entry.expires) out += "    expires: " + moment_text(*entry.expires) + "\n";
  if (entry.disabled) out += "    disabled: true\n";
  return out;
}

}  // namespace pgw::config
