// The tokens of a JSON text, each with its place. Internal to contract/.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pgw::contract {

/// Whether the text is a list or an object by RFC 8259; a byte order mark may stand before it.
bool is_json(std::string_view text);

struct JsonToken {
  enum class Kind { open_object, open_array, close, text, other };
  Kind kind = Kind::other;
  std::string_view text;     ///< of a text: between its quotes; of a number, a boolean or null: as it stands
  bool has_escapes = false;  ///< of a text
  int line = 0;              ///< from 1, as the column, which counts characters
  int column = 0;
};

/// What a text stands for.
std::string text_of(const JsonToken& token);

/// Takes a text apart that `is_json`, and that must outlive it. Commas and colons are passed over.
class JsonTokens {
 public:
  explicit JsonTokens(std::string_view text);
  std::optional<JsonToken> next();

 private:
  JsonToken token_at(std::size_t position) const;
  void take_text(JsonToken& token);

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t continuations_ = 0;  // bytes of the line that begin no character
};

}  // namespace pgw::contract
