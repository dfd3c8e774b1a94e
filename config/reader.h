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
  /// whole is checked against `schema` by the validator that checks request bodies.
  void check(const nlohmann::json& schema, const Environment* environment);

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

  /// The folder of the file, absolute.
  std::filesystem::path folder() const;

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
  void validate(const nlohmann::json& schema);
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

/// One mapping of the file.
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

  /// Null when there is nothing at `key`, or an error has been reported of it.
  nlohmann::json* find(std::string_view key) const { return reader_.find(pointer(key)); }
  void error(std::string_view key, const std::string& message) const { reader_.error(pointer(key), message); }
  std::filesystem::path folder() const { return reader_.folder(); }

 private:
  Reader& reader_;
  std::string pointer_;
};

}  // namespace pgw::config
