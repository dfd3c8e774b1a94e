// Reads an operator's file into typed values and collects every problem on the way. Internal to config/.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/settings.h"
#include "contract/document.h"

namespace pgw::config {

/// A file that was parsed, checked against its schema, and is being read. Places and problems are named by JSON
/// pointer; the first problem of a value is the only one that is reported of it and of what is in it. Problems quote
/// names of keys, never values: those may have come from the environment.
class Reader {
 public:
  /// Parses the file. Without a mapping at its top nothing can be read: see `readable`.
  explicit Reader(const std::filesystem::path& path);

  bool readable() const { return readable_; }

  /// Takes a key out, or puts a text there, before anything looks at it. No effect inside what isn't a mapping.
  void erase(const std::string& pointer);
  void set(const std::string& pointer, std::string_view text);

  /// Unknown keys become problems that name the nearest known one, keys without a value are problems unless a mapping
  /// or list is expected (then they are as if left out), and with `environment` every ${NAME} is replaced. Then the
  /// whole is checked against `schema_text` by the validator that checks request bodies.
  void check(std::string_view schema_text, const Environment* environment);

  void error(const std::string& pointer, const std::string& message);
  void warning(const std::string& pointer, const std::string& message);

  /// Null when there is nothing there, or when an error of it or around it has been reported.
  nlohmann::json* find(const std::string& pointer);

  /// Whether there is anything at all, right or wrong.
  bool contains(const std::string& pointer) const;

  /// Whether the text at `pointer` stood in the file as it is, no part of it read from the environment.
  bool is_literal(const std::string& pointer) const { return !expanded_.contains(pointer); }
  /// The pointers of all those that did not.
  const std::set<std::string, std::less<>>& from_environment() const { return expanded_; }

  contract::Place place(const std::string& pointer) const;
  /// Of everything in the file.
  std::map<std::string, contract::Place, std::less<>> places() const;

  bool has_errors() const;
  /// In the order of the file.
  std::vector<contract::Problem> take_problems();

 private:
  nlohmann::json* enclosing_mapping(const std::string& pointer, bool make);
  void prepare(nlohmann::json& value, const nlohmann::json& schema, const std::string& pointer);
  void prepare_object(nlohmann::json& value, const nlohmann::json& schema, const std::string& pointer);
  void expand(nlohmann::json& value, const nlohmann::json& schema, const std::string& pointer);
  void validate(std::string_view schema_text);
  bool reported(std::string_view pointer) const;
  void add(contract::Severity severity, const std::string& pointer, const std::string& message);

  std::filesystem::path path_;
  std::shared_ptr<const contract::Document> document_;
  nlohmann::json root_;
  bool readable_ = false;
  const Environment* environment_ = nullptr;
  std::vector<contract::Problem> problems_;
  std::set<std::string, std::less<>> reported_;
  std::set<std::string, std::less<>> expanded_;
};

/// "cache.rules.Projects_list.ttl", "keys[0].id": a JSON pointer as operators write it.
std::string dotted(std::string_view pointer);

/// `key` as one reference token of a JSON pointer (RFC 6901 section 3), with its slash.
std::string token(std::string_view key);

/// One mapping of the file. What is absent leaves its target as it is; what is wrong is reported.
class Section {
 public:
  Section(Reader& reader, std::string pointer) : reader_(reader), pointer_(std::move(pointer)) {}

  Section at(std::string_view key) const { return {reader_, pointer(key)}; }
  std::string pointer(std::string_view key) const { return pointer_ + token(key); }
  const std::string& pointer() const { return pointer_; }
  bool has(std::string_view key) const { return reader_.find(pointer(key)) != nullptr; }
  /// Whether the file has the key, right or wrong.
  bool named(std::string_view key) const { return reader_.contains(pointer(key)); }
  std::vector<std::string> keys() const;

  std::optional<std::string> text(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  void read(std::string_view key, bool& into) const;
  void read(std::string_view key, std::uint32_t& into) const;
  void read_duration(std::string_view key, std::chrono::milliseconds& into, std::chrono::milliseconds least) const;
  void read_size(std::string_view key, std::uint64_t& into, std::uint64_t least, std::uint64_t most) const;
  void read_address(std::string_view key, Address& into) const;

  /// The enumerators in order, as the schema's enum and `to_string` spell them.
  template <typename Enum, std::size_t Count>
  void read(std::string_view key, Enum& into, const std::array<Enum, Count>& values) const {
    const auto name = text(key);
    if (!name) return;
    const auto found =
        std::find_if(values.begin(), values.end(), [&](Enum value) { return to_string(value) == *name; });
    if (found != values.end()) into = *found;
  }

  /// An absolute path: relative ones are relative to the file that is read.
  std::optional<std::filesystem::path> file(std::string_view key, const std::filesystem::path& base) const;

 private:
  Reader& reader_;
  std::string pointer_;
};

/// Why `path` can't be read as a file; empty when it can.
std::string why_unreadable(const std::filesystem::path& path);

/// Warns when others than the owner and the group may read a file.
void warn_if_world_readable(Reader& reader, const std::string& pointer, const std::filesystem::path& path);

}  // namespace pgw::config
