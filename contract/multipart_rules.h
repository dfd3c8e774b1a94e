// What a document says of the parts of a multipart form. Internal to contract/.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgw::contract {

/// How the parts of one name are read (OpenAPI 3.0.3, Encoding Object; 3.1.0, "Encoding Usage").
struct PartRule {
  enum class Kind {
    text,   ///< a scalar
    json,   ///< an object
    file,   ///< bytes, of which size and media type are all that is checked
    unread  ///< no one can tell how it is written
  };
  Kind kind = Kind::unread;
  bool is_list = false;                          ///< each part of the name is an item
  std::vector<std::string> media_types = {};     ///< that a part may have: lower case, ranges too; empty: any
  std::optional<std::size_t> fewest_bytes = {};  ///< of a file
  std::optional<std::size_t> most_bytes = {};
};

/// What the schema of a form says of its parts.
struct PartRules {
  std::map<std::string, PartRule, std::less<>> declared;
  PartRule others;
};

struct MultipartRules {
  std::shared_ptr<const PartRules> parts;
  std::map<std::string, PartRule, std::less<>> encoded;  ///< those of which `encoding` says something

  const PartRule& rule_of(std::string_view name) const;
};

/// Whether a media type is one of those that the rule permits.
bool permits(const PartRule& rule, std::string_view media_type);

/// "application/json" and "+json".
bool is_json_type(std::string_view media_type);

}  // namespace pgw::contract
