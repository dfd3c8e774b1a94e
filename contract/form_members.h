// How the members of an object are read where a form or a query spells them out. Internal to contract/.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "contract/multipart_rules.h"

namespace pgw::contract {

class SchemaNode;

/// How the text of a value is read, as far as its schema tells.
enum class Spelling {
  unsaid,  ///< it says nothing of its type: as a text
  text,
  list,    ///< of texts, each under the name of the list
  unread,  ///< it is or may be an object, or it may be a list: of those no one can tell how they are written
};

/// What the schema of an object says of its members, in whichever of its parts and alternatives it does.
struct FormMembers {
  std::map<std::string, Spelling, std::less<>> declared;
  Spelling others = Spelling::unsaid;  ///< of members that it doesn't name
  bool counts_others = false;  ///< it also says something of members that it doesn't name, or of how many there are

  Spelling spelling_of(std::string_view name) const;
};

/// How a document says that a member of a form is written (OpenAPI 3.0.3, Encoding Object).
struct FormEncoding {
  enum class Kind {
    comma_list,  ///< form, not exploded: name=a,b
    space_list,
    pipe_list,
    deep_object,  ///< name[member]=text
    json,         ///< `contentType` with a JSON media type
    unread        ///< in a way that can't be read
  };
  Kind kind = Kind::unread;
  std::shared_ptr<const FormMembers> members = nullptr;  ///< of a deep object; null: it is something else
};

/// What is known of a form's members.
struct FormRules {
  std::shared_ptr<const FormMembers> members;
  std::map<std::string, FormEncoding, std::less<>> encodings;  ///< of some of them

  /// Null without one.
  const FormEncoding* encoding_of(std::string_view name) const;
  /// The member that a field of this name belongs to: of "name[member]" its front where that is a deep object.
  std::string_view member_of(std::string_view field) const;
};

/// The schema of a property, by whichever part or alternative of the object's schema names it; null without one.
const SchemaNode* member_schema(const SchemaNode& object, std::string_view name);

/// Asks schemas how their values are written, each of them once: many operations may refer to one large schema.
class Spellings {
 public:
  Spelling of(const SchemaNode& schema);
  bool is_always_object(const SchemaNode& schema);
  std::shared_ptr<const FormMembers> members_of(const SchemaNode& schema);
  std::shared_ptr<const PartRules> parts_of(const SchemaNode& schema);
  PartRule part_rule_of(const SchemaNode& schema);

  /// To be called when a schema that was asked about is gone.
  void forget();

 private:
  Spelling read_spelling(const SchemaNode& schema);
  PartRule read_part_rule(const SchemaNode& schema);

  template <typename Answer>
  using BySchema = std::unordered_map<const SchemaNode*, Answer>;
  BySchema<Spelling> spellings_;
  BySchema<bool> objects_;
  BySchema<PartRule> part_rules_;
  BySchema<std::shared_ptr<const FormMembers>> members_;
  BySchema<std::shared_ptr<const PartRules>> parts_;
};

}  // namespace pgw::contract
