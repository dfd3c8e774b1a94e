// The HTTP message types that every part of the gateway shares. Plain values: no server, no parser, no I/O.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/list.h"
#include "base/text.h"
#include "base/token.h"

namespace pgw::http {

struct Field {
  std::string name;
  std::string value;
};

/// Header fields in the order of arrival, duplicates kept, looked up without regard to case.
///
/// `clear` keeps the storage of names and values, so a reused object parses its next message without allocating.
/// Pointers and views into a Fields hold until its next change.
class Fields {
 public:
  using const_iterator = const Field*;

  Fields() = default;
  Fields(const Fields& other);
  Fields(Fields&& other) noexcept;
  Fields& operator=(const Fields& other);
  Fields& operator=(Fields&& other) noexcept;
  ~Fields() = default;

  /// The first value of that name, null without one.
  const std::string* find(std::string_view name) const;

  /// Every value of that name, in order.
  std::vector<std::string_view> all(std::string_view name) const;

  std::size_t count(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  void add(std::string_view name, std::string_view value);

  /// Replaces every value of that name by this one.
  void set(std::string_view name, std::string_view value);

  /// Removes every field of that name; returns how many there were.
  std::size_t erase(std::string_view name);

  /// Removes every field of which `is_unwanted` is true; the others keep their order.
  template <typename Predicate>
  void erase_if(const Predicate& is_unwanted) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < size_; ++at) {
      if (is_unwanted(fields_[at])) continue;
      if (kept != at) std::swap(fields_[kept], fields_[at]);
      ++kept;
    }
    size_ = kept;
  }

  void clear() { size_ = 0; }

  const_iterator begin() const { return fields_.data(); }
  const_iterator end() const { return fields_.data() + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  std::vector<Field> fields_;  // [0, size_) are live, the rest is storage to reuse
  std::size_t size_ = 0;
};

struct Request {
  std::string method;
  std::string target;  ///< as received: origin, absolute or asterisk form (RFC 9112 section 3.2)
  std::string path;    ///< of the target, still percent-encoded; begins with '/', or is "*"
  std::string query;   ///< raw, without '?'
  bool has_query = false;
  std::string host;  ///< of an absolute target, else the Host field; empty only in HTTP/1.0
  int version_minor = 1;
  Fields fields;     ///< as received, hop-by-hop fields included
  std::string body;  ///< complete and without its transfer coding once the request is
  std::string
      peer;  ///< the client's address, without port; IPv4-mapped IPv6 as IPv4; as a trusted PROXY header told it
  bool from_trusted_proxy = false;  ///< `peer` is one of Limits::trusted_proxies: its word of the way is believed

  bool is_head() const { return method == "HEAD"; }

  /// Back to an empty HTTP/1.1 request; keeps storage.
  void clear();
};

/// The phrase of RFC 9110 section 15 and RFC 6585, "Unknown" for a code that has none.
std::string_view reason_phrase(int status);

/// False for a response that ends with its header section whatever the fields say (RFC 9112 section 6.3).
bool has_content(bool is_head_request, int status);

/// The connection options that a message names (RFC 9110 section 7.6.1), comma-separated: every Connection value
/// joined.
std::string connection_options(const Fields& fields);

/// Fields that speak of one connection only and must not be forwarded, whatever Connection names (RFC 9110 section
/// 7.6.1); lower case.
std::span<const std::string_view> always_hop_by_hop();

/// Whether a field is one of them, or one that `connection_options` names.
bool is_hop_by_hop(std::string_view name, std::string_view connection_options);

}  // namespace pgw::http
