// Vary: which request fields select among the stored responses of one key (RFC 9111 4.1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/header.h"

namespace pgw::cache {

bool varies_on_everything(HeaderSpan response_headers);  // "Vary: *", alone or among others

// The value of a request field as it is compared: lines joined, white space around commas normalised; Accept-Encoding,
// Accept-Language and Accept-Charset in lower case, Accept-Encoding and Accept-Charset sorted, as their order means
// nothing. nullopt: the field is absent, which matches only its absence.
std::optional<std::string> selecting_value(HeaderSpan request_headers, std::string_view name);

// The fields that a stored response was selected by, and what they were in the request that it answers.
class Vary {
 public:
  Vary() = default;
  Vary(HeaderSpan response_headers, HeaderSpan request_headers);

  bool empty() const { return fields_.empty(); }
  bool matches(HeaderSpan request_headers) const;
  // Do two requests agree in the fields named here, whatever their values?
  bool agree(HeaderSpan a, HeaderSpan b) const;
  std::size_t heap_bytes() const;
  friend bool operator==(const Vary&, const Vary&) = default;

 private:
  struct Field {
    std::string name;  // lower case
    std::optional<std::string> value;
    friend bool operator==(const Field&, const Field&) = default;
  };
  std::vector<Field> fields_;  // sorted by name, each once
};

}  // namespace pgw::cache
