#include "contract/yaml_events.h"

namespace pgw::contract {

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : reinterpret_cast<const char*>(text);
}

bool is_plain(const yaml_event_t& scalar) {
  return scalar.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

YamlTag parse_tag(const std::string& tag) {
  static constexpr std::string_view core = "tag:yaml.org,2002:";
  if (tag == "!") return YamlTag::text;  // the non-specific tag of YAML 1.2 section 6.9.1
  if (!tag.starts_with(core)) return YamlTag::unknown;
  const auto name = std::string_view(tag).substr(core.size());
  if (name == "str") return YamlTag::text;
  const bool is_typed = name == "int" || name == "float" || name == "bool" || name == "null";
  return is_typed || name == "map" || name == "seq" ? YamlTag::plain : YamlTag::unknown;
}

std::string words_for(const yaml_parser_t& parser) {
  std::string words = parser.problem != nullptr ? parser.problem : "this can't be read";
  if (parser.context == nullptr) return words;
  words.append(" ").append(parser.context);
  return words + " that begins in line " + std::to_string(parser.context_mark.line + 1);
}

}  // namespace pgw::contract
