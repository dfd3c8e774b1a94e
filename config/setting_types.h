// The types of settings: how a value is written in a file, checked, and told again. Internal to config/.
//
// Each type has the same four functions. `schema` is what an OpenAPI 3.0 schema can say of it; `text` describes it to
// an operator; `read` fills a field from a value that is there, and reports what the schema can't say (units, shapes,
// limits); `tell` gives the value back in the shape of the file, null when the field holds none.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "config/reader.h"
#include "config/settings.h"

namespace pgw::config {

/// Durations and sizes have no type in the schema: the error that says what a unit looks like is worth more than
/// "str type expected".
struct Duration {
  std::chrono::milliseconds least{0};

  nlohmann::json schema() const;
  std::string text() const;
  void read(const Section& section, std::string_view key, std::chrono::milliseconds& into) const;
  nlohmann::json tell(std::chrono::milliseconds value) const;
};

struct Size {
  std::uint64_t least = 0;
  std::uint64_t most = 0;

  nlohmann::json schema() const;
  std::string text() const;
  void read(const Section& section, std::string_view key, std::uint64_t& into) const;
  nlohmann::json tell(std::uint64_t value) const;
};

struct Count {
  std::uint32_t least = 0;
  std::uint32_t most = 0;

  nlohmann::json schema() const;
  std::string text() const;
  void read(const Section& section, std::string_view key, std::uint32_t& into) const;
  nlohmann::json tell(std::uint32_t value) const;
};

/// "10%", as a number.
struct Percent {
  std::uint32_t most = 100;

  nlohmann::json schema() const;
  std::string text() const;
  void read(const Section& section, std::string_view key, std::uint32_t& into) const;
  nlohmann::json tell(std::uint32_t value) const;
};

/// A mapping of statuses to durations: `{404: 5s}`.
struct DurationsByStatus {
  nlohmann::json schema() const { return {{"type", "object"}, {"additionalProperties", nlohmann::json::object()}}; }
  std::string text() const { return "durations by status"; }
  void read(const Section& section, std::string_view key, std::map<int, std::chrono::milliseconds>& into) const;
  nlohmann::json tell(const std::map<int, std::chrono::milliseconds>& value) const;
};

struct Flag {
  nlohmann::json schema() const;
  std::string text() const;
  void read(const Section& section, std::string_view key, bool& into) const;
  nlohmann::json tell(bool value) const;
};

/// One of the words of an enumeration.
template <typename Enum>
struct Word {
  nlohmann::json schema() const { return {{"type", "string"}, {"enum", words<Enum>}}; }
  std::string text() const {
    std::string out;
    for (const auto word : words<Enum>) out += (out.empty() ? "`" : ", `") + std::string(word) + "`";
    return out;
  }
  void read(const Section& section, std::string_view key, Enum& into) const {
    const auto word = section.text(key);
    for (std::size_t i = 0; word && i < words<Enum>.size(); ++i) {
      if (words<Enum>[i] == *word) into = static_cast<Enum>(i);
    }
  }
  nlohmann::json tell(Enum value) const { return to_string(value); }
};

/// A text that isn't empty; an empty field holds none.
struct Text {
  std::string what = "text";

  nlohmann::json schema() const;
  std::string text() const { return what; }
  void read(const Section& section, std::string_view key, std::string& into) const;
  nlohmann::json tell(const std::string& value) const;
};

/// A list of words of an enumeration, each once.
template <typename Enum>
struct Words {
  nlohmann::json schema() const {
    return {{"type", "array"}, {"uniqueItems", true}, {"items", Word<Enum>{}.schema()}};
  }
  std::string text() const { return "list of " + Word<Enum>{}.text(); }
  void read(const Section& section, std::string_view key, std::vector<Enum>& into) const {
    into.clear();
    for (const std::string& text : section.texts(key)) {
      for (std::size_t i = 0; i < words<Enum>.size(); ++i) {
        if (words<Enum>[i] == text) into.push_back(static_cast<Enum>(i));
      }
    }
  }
  nlohmann::json tell(const std::vector<Enum>& value) const {
    auto out = nlohmann::json::array();
    for (const Enum one : value) out.push_back(to_string(one));
    return out;
  }
};

/// The name of a field (RFC 9110 section 5.1).
struct FieldName {
  nlohmann::json schema() const;
  std::string text() const { return "name of a field"; }
  void read(const Section& section, std::string_view key, std::string& into) const;
  nlohmann::json tell(const std::string& value) const;
};

/// A list of texts of which none is empty.
struct Texts {
  std::string what = "texts";

  nlohmann::json schema() const;
  std::string text() const { return "list of " + what; }
  void read(const Section& section, std::string_view key, std::vector<std::string>& into) const;
  nlohmann::json tell(const std::vector<std::string>& value) const { return value; }
};

/// The same, of at least one.
struct SomeTexts : Texts {
  nlohmann::json schema() const;
};

/// A path, made absolute: relative ones are relative to the folder of the file that is read. Whether there is something
/// at the path is checked by the loader.
struct Path {
  nlohmann::json schema() const;
  std::string text() const { return "path"; }
  void read(const Section& section, std::string_view key, std::filesystem::path& into) const;
  nlohmann::json tell(const std::filesystem::path& value) const;
};

/// HOST:PORT to listen on.
struct ListenAddress {
  nlohmann::json schema() const;
  std::string text() const { return "`HOST:PORT`"; }
  void read(const Section& section, std::string_view key, Address& into) const;
  nlohmann::json tell(const Address& value) const { return value.text(); }
};

struct HttpUrl {
  nlohmann::json schema() const;
  std::string text() const { return "URL"; }
  void read(const Section& section, std::string_view key, Url& into) const;
  nlohmann::json tell(const Url& value) const;
};

struct Networks {
  nlohmann::json schema() const;
  std::string text() const { return "list of networks or addresses"; }
  void read(const Section& section, std::string_view key, std::vector<base::IpNetwork>& into) const;
  nlohmann::json tell(const std::vector<base::IpNetwork>& value) const;
};

/// `auto`, or a number of threads. Zero is `auto` until the loader has counted.
struct Workers {
  static constexpr unsigned most = 1'024;

  nlohmann::json schema() const;
  std::string text() const;
  void read(const Section& section, std::string_view key, unsigned& into) const;
  nlohmann::json tell(unsigned value) const;
};

/// A value that is never told. The text that was read is overwritten.
struct SecretValue {
  nlohmann::json schema() const;
  std::string text() const { return "secret text"; }
  void read(const Section& section, std::string_view key, Secret& into) const;
  nlohmann::json tell(const Secret& value) const;
};

}  // namespace pgw::config
