#include "config/keys_file.h"

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/hex.h"
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
  void read(const Section& section, std::string_view key, std::array<std::uint8_t, 32>& into) const {
    if (const auto digest = parse_sha256(section.text(key).value_or(""))) {
      into = *digest;
    } else {
      section.error(key, "64 hexadecimal digits expected: the SHA-256 of the key, never the key");
    }
  }
  json tell(const std::array<std::uint8_t, 32>&) const { return {}; }
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

struct Day {
  json schema() const { return json::object(); }
  std::string text() const { return "date"; }
  void read(const Section& section, std::string_view key, std::chrono::sys_days& into) const {
    const auto text = section.text(key);
    const auto day = text ? parse_date(*text) : std::nullopt;
    if (!day) return section.error(key, "a date expected, e.g. 2027-01-31");
    into = *day;
  }
  json tell(std::chrono::sys_days value) const { return to_text(value); }
};

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
    key_table().read(section, entry);
    unique(ids_, entry.id, section.pointer("id"), "another key has this id");
    if (section.has("sha256")) {
      unique(hashes_, sha256_text(entry.sha256), section.pointer("sha256"), "another entry has this key");
    }
    if (entry.rate && !section.named("burst")) {
      entry.burst = std::max(1U, entry.rate->events / static_cast<std::uint32_t>(entry.rate->period.count()));
    }
    if (section.has("burst") && !section.named("rate")) section.error("burst", "needs a rate");
    if (entry.expires && now_ >= *entry.expires) reader_.warning(section.pointer("expires"), "this key has expired");
    entries_.push_back(std::move(entry));
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

const Table<KeyEntry>& key_table() {
  using Of = KeyEntry;
  static const Table<KeyEntry> table{
      required(row("id", &Of::id, KeyId{}, "Names the key in logs and metrics; unique.")),
      required(row("team", &Of::team, Team{}, "Whose key it is.")),
      required(row("sha256", &Of::sha256, Digest{}, "The SHA-256 of the key, never the key.")),
      row("scopes", &Of::scopes, Scopes{}, "`read`: operations that change nothing; `write`: the others."),
      row("operations", &Of::operations, SomeTexts{"operationIds"}, "The only operations that the key may call.",
          "(every operation that the scopes allow)"),
      row("rate", &Of::rate, Events{}, "How often the key may call.", "(no limit)"),
      row("burst", &Of::burst, Count{1, 1'000'000}, "How many calls of the rate may come at once.",
          "(what the rate gives in a second)"),
      row("concurrency", &Of::concurrency, Count{1, 1'000'000}, "Requests of the key that may be under way at a time.",
          "(any number)"),
      row("expires", &Of::expires, Day{}, "The key is refused from 00:00 UTC of this day on.", "(never)"),
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
    if (reader.readable()) {
      reader.check({{"type", "object"},
                    {"additionalProperties", false},
                    {"required", {"keys"}},
                    {"properties", {{"keys", {{"type", "array"}, {"items", key_table().schema()}}}}}},
                   nullptr);
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
  return base::read_hex(hex, digest) ? std::optional(digest) : std::nullopt;
}

std::string sha256_text(const std::array<std::uint8_t, 32>& digest) {
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
