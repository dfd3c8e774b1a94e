// The events of a YAML text, by libyaml. Internal to contract/.
#pragma once

#include <new>
#include <string>
#include <string_view>

#include <yaml.h>

namespace pgw::contract {

/// libyaml's parser over a text that must outlive it.
class EventStream {
 public:
  explicit EventStream(std::string_view text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~EventStream() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  /// Null when the text has a mistake. Valid until the next call.
  const yaml_event_t* next() {
    yaml_event_delete(&event_);
    return yaml_parser_parse(&parser_, &event_) != 0 ? &event_ : nullptr;
  }

  const yaml_parser_t& parser() const { return parser_; }

 private:
  yaml_parser_t parser_{};
  yaml_event_t event_{};
};

/// Null is an empty text.
std::string text_of(const yaml_char_t* text);

bool is_plain(const yaml_event_t& scalar);

/// How a scalar with this tag is read.
enum class YamlTag { plain, text, unknown };

YamlTag parse_tag(const std::string& tag);

/// What is wrong where the events end too early, and where what it is part of begins.
std::string words_for(const yaml_parser_t& parser);

}  // namespace pgw::contract
