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
  Router(std::string_view base_path, const CompileOptions& options);

  /// The id of the operation that has this method and this shape of path already, or empty: added.
  std::string add(const Operation& operation);

  /// As Contract::match.
  Route match(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  struct Walk;

  /// A segment with parameters in it: "{id}", "{id}:archive" or "{base}...{head}".
  struct Parameter {
    std::string before;
    std::vector<std::string> between;
    std::string after;
    bool is_catch_all = false;  // takes all of the path that is left
    std::unique_ptr<Node> node;

    /// How much of a segment is given.
    std::size_t literal_size() const;

    /// The parameter's value in a segment; nullopt if the segment is not of this shape.
    std::optional<std::string_view> value_in(std::string_view segment, bool may_hold_slashes) const;
  };

  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::vector<Parameter> parameters;  // the more that stands around one, the earlier; a catch-all is the last
    std::map<std::string, const Operation*, std::less<>> operations;  // by method
  };

  static Node* child(Node& node, const PathSegment& segment);
  Route match_as_it_is(std::string_view method, std::string_view path) const;
  bool walk(const Node& node, std::string_view path, std::size_t depth, Walk& so_far) const;
  bool walk_parameter(const Parameter& parameter, std::string_view segment, std::string_view rest, std::size_t depth,
                      Walk& so_far) const;
  bool walk_catch_all(const Parameter& parameter, std::string_view rest, Walk& so_far) const;
  static bool end_at(const Node& node, Walk& so_far);
  std::string_view without_base(std::string_view path) const;

  CompileOptions options_;
  Node root_;
  Node* base_ = &root_;
  std::size_t base_depth_ = 0;  // segments of the base path
};

/// Percent-decodes one path segment; false: broken encoding, control characters or bytes that are not UTF-8.
bool decode_segment(std::string_view segment, std::string& out);

/// A path as it is passed on (RFC 3986 section 6.2.2): unreserved characters decoded, what no URI may hold encoded, all
/// others as they came. `path` is well encoded.
std::string normalised_path(std::string_view path);

}  // namespace pgw::contract
