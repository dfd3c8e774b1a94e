#include "contract/router.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <set>
#include <utility>

#include "base/hex.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "contract/path_template.h"

namespace pgw::contract {
namespace {

constexpr std::size_t most_segments = 64;

/// What a byte of a path may be; several at once.
enum ByteKind : std::uint8_t {
  decodes_to_itself = 1,  ///< printable ASCII but '%'
  stays = 2,              ///< what a URI's path may hold beside "%XX" (RFC 3986 section 3.3), and '[' and ']'
};

constexpr std::array<std::uint8_t, 256> byte_kinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) kinds[c] = c == '%' ? 0 : decodes_to_itself;
  const auto add = [&](char c, unsigned kind) { kinds[static_cast<unsigned char>(c)] |= kind; };
  for (char c = 'a'; c <= 'z'; ++c) add(c, stays);
  for (char c = 'A'; c <= 'Z'; ++c) add(c, stays);
  for (char c = '0'; c <= '9'; ++c) add(c, stays);
  for (const char c : std::string_view("-._~!$&'()*+,;=:@/[]")) add(c, stays);
  return kinds;
}();

/// How many bytes at the front of `text` are of this kind.
std::size_t count_front(std::string_view text, ByteKind kind) {
  std::size_t count = 0;
  while (count < text.size() && (byte_kinds[static_cast<unsigned char>(text[count])] & kind) != 0) ++count;
  return count;
}

bool is_control_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// "." and "..", also with parameters of their own as in "..;x": Java's servers cut those off before they take the
/// step.
bool is_step(std::string_view part) {
  part = part.substr(0, part.find(';'));
  return part == "." || part == "..";
}

/// Whether no upstream can take the text for more than a value: for a step within its tree, or for several segments.
bool is_value_as_it_stands(std::string_view text, bool may_hold_slashes) {
  for (;;) {
    const auto end = std::min(text.find_first_of("/\\"), text.size());
    if (is_step(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    if (!may_hold_slashes) return false;
    text.remove_prefix(end + 1);
  }
}

/// A decoded value, decoded once more as some upstreams do; a '%' that begins no encoding stays.
std::string decoded_again(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const int byte = base::percent_byte(value);
    text += byte < 0 ? value.front() : static_cast<char>(byte);
    value.remove_prefix(byte < 0 ? 1 : 3);
  }
  return text;
}

/// Whether a decoded value may go upstream, where it may be decoded once more.
bool may_be_a_value(std::string_view value, bool may_hold_slashes) {
  if (value.empty() || !is_value_as_it_stands(value, may_hold_slashes)) return false;
  if (value.find('%') == std::string_view::npos) return true;
  const std::string again = decoded_again(value);
  return std::ranges::none_of(again, is_control_character) && is_value_as_it_stands(again, may_hold_slashes);
}

/// The next segment of a path that begins with a slash; `path` is what follows it.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// All that is left of a path, decoded; nullopt if a part of it may be no value. Only the last part may be empty: to an
/// upstream "a//b" may be the same as "a/b".
std::optional<std::string> catch_all_value(std::string_view path, bool may_hold_slashes) {
  std::string value;
  while (!path.empty()) {
    std::string part;
    const bool is_right = decode_segment(take_segment(path), part) &&
                          (may_be_a_value(part, may_hold_slashes) || (part.empty() && path.empty() && !value.empty()));
    if (!is_right) return std::nullopt;
    if (!value.empty()) value += '/';
    value += part;
  }
  return value;
}

/// With its slash at the end, or without it.
std::string with_other_ending(std::string_view path) {
  return path.ends_with('/') ? std::string(path.substr(0, path.size() - 1)) : std::string(path) + '/';
}

}  // namespace

bool decode_segment(std::string_view segment, std::string& out) {
  while (!segment.empty()) {
    const int byte = segment.front() == '%' ? base::percent_byte(segment) : static_cast<unsigned char>(segment.front());
    if (byte < 0 || is_control_character(static_cast<char>(byte))) return false;
    segment.remove_prefix(segment.front() == '%' ? 3 : 1);
    out += static_cast<char>(byte);
  }
  return base::is_utf8(out);
}

std::string normalised_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (;;) {
    const std::size_t plain = count_front(path, stays);
    out.append(path.substr(0, plain));
    path.remove_prefix(plain);
    if (path.empty()) return out;
    const int byte = base::percent_byte(path);
    const char c = byte < 0 ? path.front() : static_cast<char>(byte);
    if (base::is_unreserved(c)) {
      out += c;
    } else {
      base::append_percent_encoded(out, c);
    }
    path.remove_prefix(byte < 0 ? 1 : 3);
  }
}

/// A match as far as it has come.
struct Router::Walk {
  std::string_view method;
  std::vector<std::string> values = {};
  const Operation* found = nullptr;
  std::vector<const Node*> ends = {};  // where the path leads to, and not the method
};

Router::Router(std::string_view base_path, const CompileOptions& options) : options_(options) {
  while (!base_path.empty()) {
    std::string segment;
    if (!decode_segment(take_segment(base_path), segment)) return;
    auto& next = base_->literals[segment];
    next = std::make_unique<Node>();
    base_ = next.get();
    ++base_depth_;
  }
}

std::optional<std::string_view> Router::Parameter::value_in(std::string_view segment, bool may_hold_slashes) const {
  const bool is_of_this_shape =
      segment.size() > before.size() + after.size() && segment.starts_with(before) && segment.ends_with(after);
  if (!is_of_this_shape) return std::nullopt;
  const auto value = segment.substr(before.size(), segment.size() - before.size() - after.size());
  const auto may_be_one = [&](std::string_view part) { return may_be_a_value(part, may_hold_slashes); };
  if (!may_be_one(value)) return std::nullopt;
  if (between.empty()) return value;
  const auto parts = split_value(value, between);
  const bool is_valid = !parts.empty() && std::ranges::all_of(parts, may_be_one);
  return is_valid ? std::optional(value) : std::nullopt;
}

std::size_t Router::Parameter::literal_size() const {
  return std::accumulate(between.begin(), between.end(), before.size() + after.size(),
                         [](std::size_t size, const std::string& literal) { return size + literal.size(); });
}

Router::Node* Router::child(Node& node, const PathSegment& segment) {
  if (!segment.is_parameter) {
    auto& next = node.literals[segment.text];
    if (next == nullptr) next = std::make_unique<Node>();
    return next.get();
  }
  const auto same = std::ranges::find_if(node.parameters, [&](const Parameter& other) {
    return other.before == segment.before && other.between == segment.between && other.after == segment.after &&
           other.is_catch_all == segment.is_catch_all;
  });
  if (same != node.parameters.end()) return same->node.get();
  Parameter parameter{segment.before, segment.between, segment.after, segment.is_catch_all, std::make_unique<Node>()};
  const auto goes_before = [&parameter](const Parameter& other) {
    if (parameter.is_catch_all != other.is_catch_all) return other.is_catch_all;
    return other.literal_size() < parameter.literal_size();
  };
  const auto place = std::ranges::find_if(node.parameters, goes_before);
  return node.parameters.insert(place, std::move(parameter))->node.get();
}

std::string Router::add(const Operation& operation) {
  Node* node = base_;
  for (const auto& segment : operation.segments()) node = child(*node, segment);
  const auto [place, is_new] = node->operations.emplace(operation.method(), &operation);
  return is_new ? std::string() : place->second->id();
}

/// True: this is the operation. Where the path fits and the method doesn't, the search goes on, as it does in the
/// frameworks behind: DELETE /users/me is an operation of "/users/{id}" if "/users/me" has no DELETE.
bool Router::end_at(const Node& node, Walk& so_far) {
  auto found = node.operations.find(so_far.method);
  if (found == node.operations.end() && so_far.method == "HEAD") found = node.operations.find("GET");
  if (found != node.operations.end()) {
    so_far.found = found->second;
    return true;
  }
  if (!node.operations.empty()) so_far.ends.push_back(&node);
  return false;
}

bool Router::walk(const Node& node, std::string_view path, std::size_t depth, Walk& so_far) const {
  if (path.empty()) return end_at(node, so_far);
  if (path.front() != '/' || depth == most_segments) return false;
  const std::string_view whole = path;
  std::string_view segment = take_segment(path);
  std::string decoded;
  if (count_front(segment, decodes_to_itself) < segment.size()) {  // nearly every segment is what it decodes to
    if (!decode_segment(segment, decoded)) return false;
    segment = decoded;
  }
  if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
    if (walk(*literal->second, path, depth + 1, so_far)) return true;
  }
  return std::ranges::any_of(node.parameters, [&](const Parameter& parameter) {
    return parameter.is_catch_all ? walk_catch_all(parameter, whole, so_far)
                                  : walk_parameter(parameter, segment, path, depth, so_far);
  });
}

bool Router::walk_parameter(const Parameter& parameter, std::string_view segment, std::string_view rest,
                            std::size_t depth, Walk& so_far) const {
  const auto value = parameter.value_in(segment, options_.allows_encoded_slashes);
  if (!value) return false;
  so_far.values.emplace_back(*value);
  if (walk(*parameter.node, rest, depth + 1, so_far)) return true;
  so_far.values.pop_back();
  return false;
}

bool Router::walk_catch_all(const Parameter& parameter, std::string_view rest, Walk& so_far) const {
  auto value = catch_all_value(rest, options_.allows_encoded_slashes);
  if (!value) return false;
  so_far.values.push_back(*std::move(value));
  if (end_at(*parameter.node, so_far)) return true;
  so_far.values.pop_back();
  return false;
}

std::string_view Router::without_base(std::string_view path) const {
  for (std::size_t i = 0; i < base_depth_; ++i) take_segment(path);
  return path;
}

Route Router::match_as_it_is(std::string_view method, std::string_view path) const {
  Route route;
  Walk so_far{.method = method};
  if (path.empty()) return route;
  if (walk(root_, path, 0, so_far)) {
    route.status = Route::Status::found;
    route.match = {so_far.found, std::move(so_far.values), normalised_path(without_base(path))};
    return route;
  }
  std::set<std::string_view> methods;
  for (const Node* end : so_far.ends) {
    for (const auto& [allowed, operation] : end->operations) methods.insert(allowed);
  }
  if (methods.contains("GET")) methods.insert("HEAD");
  for (const auto allowed : methods) route.allow.append(route.allow.empty() ? "" : ", ").append(allowed);
  if (!methods.empty()) route.status = Route::Status::method_not_allowed;
  return route;
}

Route Router::match(std::string_view method, std::string_view path) const {
  Route route = match_as_it_is(method, path);
  if (route.status != Route::Status::not_found || options_.trailing_slash == TrailingSlash::strict) return route;
  const std::string other = with_other_ending(path);
  Route other_route = match_as_it_is(method, other);
  if (other_route.status == Route::Status::found && options_.trailing_slash == TrailingSlash::redirect) {
    other_route.status = Route::Status::elsewhere;
  }
  return other_route;
}

}  // namespace pgw::contract
