// Vary: which request fields select among the stored responses of one key (RFC 9111 4.1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache/header.h"

namespace pgw::cache {

// "Vary: *", alone or among others; and more names than a request has fields to select by, each of which would be
// looked for at every lookup.
bool varies_on_everything(HeaderSpan response_headers);

// The language range that an Accept-Language field gives the highest weight, in lower case (RFC 9110 12.5.4); empty
// when there is none, when several have it, or when it is "*".
std::string preferred_language(HeaderSpan request_headers);

// The value of a request field as it is compared: lines joined, white space around commas normalised; Accept-Encoding,
// Accept-Language and Accept-Charset in lower case and sorted, as their order means nothing: weights rank (RFC
// 9111 4.1, RFC 9110 12.5). nullopt: the field is absent, which matches only its absence.
std::optional<std::string> selecting_value(HeaderSpan request_headers, std::string_view name);

// The fields that a stored response was selected by, and what they were in the request that it answers.
//
// A response that says which one language it is in (Content-Language) also answers a request that would like that
// language most, whatever else it lists: the origin can't have a better one (RFC 9110 12.5.4).
class Vary {
 public:
  Vary() = default;
  Vary(HeaderSpan response_headers, HeaderSpan request_headers);

  bool empty() const { return fields_.empty(); }
  bool matches(HeaderSpan request_headers) const;
  // Do two requests agree in the fields named here, whatever their values?
  bool agree(HeaderSpan a, HeaderSpan b) const;
  // Request fields that, with the same response fields, make an equal Vary; views into this one.
  std::vector<Header> request_fields() const;
  // Is one of the values a secret of the one who asked (Authorization, Cookie)?
  bool holds_secrets() const;
  std::size_t heap_bytes() const;
  friend bool operator==(const Vary& a, const Vary& b) { return a.fields_ == b.fields_; }

 private:
  struct Field {
    std::string name;  // lower case
    std::optional<std::string> value;
    friend bool operator==(const Field&, const Field&) = default;
  };
  bool matches(const Field& field, HeaderSpan request_headers) const;

  std::vector<Field> fields_;  // sorted by name, each once
  std::string language_;       // lower case; empty unless Accept-Language selects and the response is in one language
};

}  // namespace pgw::cache
