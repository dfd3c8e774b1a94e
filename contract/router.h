// Paths to operations. Internal to contract/.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/contract.h"

namespace pgw::contract {

/// A tree of path segments. Filled once, then read by any number of threads.
class Router {
 public:
  /// All operations are below `base_path`: "" or "/v4".
  explicit Router(std::string_view base_path);

  /// The id of the operation that has this method and this shape of path already, or empty: added.
  std::string add(const Operation& operation);

  /// `path`: percent-encoded.
  Route match(std::string_view method, std::string_view path) const;

 private:
  struct Node;

  /// A segment with parameters in it: "{id}", "{id}:archive" or "{base}...{head}".
  struct Parameter {
    std::string before;
    std::vector<std::string> between;
    std::string after;
    std::unique_ptr<Node> node;

    /// How much of a segment is given.
    std::size_t literal_size() const;

    /// The parameter's value in a segment; nullopt if the segment is not of this shape.
    std::optional<std::string_view> value_in(std::string_view segment) const;
  };

  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::vector<Parameter> parameters;                                // the more that stands around one, the earlier
    std::map<std::string, const Operation*, std::less<>> operations;  // by method
  };

  static Node* child(Node& node, const PathSegment& segment);
  static const Node* walk(const Node& node, std::string_view path, std::size_t depth, std::vector<std::string>& values);

  Node root_;
  Node* base_ = &root_;
};

/// Percent-decodes one path segment; false: broken encoding, control characters or bytes that are not UTF-8.
bool decode_segment(std::string_view segment, std::string& out);

/// Everything but unreserved characters as %XX.
void append_encoded_segment(std::string& out, std::string_view value);

/// What a path may not hold as %XX: the document's own delimiters, as in "/projects:batch", stay as they are.
void append_encoded_literal(std::string& out, std::string_view text);

}  // namespace pgw::contract
