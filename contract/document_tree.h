// A description that is spread over several files. Internal to contract/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contract/document.h"

namespace pgw::contract {

/// Reads a file, and what its references and those of the files that they lead to name; makes one document of all.
class DocumentTree {
 public:
  explicit DocumentTree(std::filesystem::path first) : first_(std::move(first)) {}

  Document::Outcome read();

 private:
  /// Who chose the keys of an object: only among the specification's own does "x-" make an extension.
  enum class Keys : std::uint8_t { of_the_specification, of_the_author };

  /// Changes the references within a value that stands in `file` (relative to the first file's folder, empty: that file
  /// itself).
  void change_references(nlohmann::json& value, const std::string& file, Keys keys = Keys::of_the_specification);
  void change_mapping(nlohmann::json& discriminator, const std::string& file);
  std::string changed(const std::string& reference, const std::string& file);

  const std::filesystem::path first_;
  std::set<std::string> known_;      // files, as above
  std::vector<std::string> unread_;  // of these
};

}  // namespace pgw::contract
