// How the members of an object are read where a form or a query spells them out. Internal to contract/.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace pgw::contract {

class SchemaNode;

/// How the text of a value is read, as far as its schema tells.
enum class Spelling {
  unsaid,  ///< it says nothing of its type: as a text
  text,
  list,    ///< of texts, each under the name of the list
  unread,  ///< it is or may be an object, or it may be a list: of those no one can tell how they are written
};
Spelling spelling_of(const SchemaNode& schema);

/// What the schema of an object says of its members, in whichever of its parts and alternatives it does.
struct FormMembers {
  std::map<std::string, Spelling, std::less<>> declared;
  Spelling others = Spelling::unsaid;  ///< of members that it doesn't name
  bool counts_others = false;  ///< it also says something of members that it doesn't name, or of how many there are

  Spelling spelling_of(std::string_view name) const;
};
FormMembers form_members_of(const SchemaNode& schema);

}  // namespace pgw::contract
