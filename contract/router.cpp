#include "contract/router.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include "base/utf8.h"
#include "contract/path_template.h"

namespace pgw::contract {
namespace {

constexpr std::size_t most_segments = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// What a byte of a segment may be; several at once.
enum ByteKind : std::uint8_t {
  decodes_to_itself = 1,  ///< printable ASCII but '%'
  in_a_value = 2,         ///< unreserved (RFC 3986 section 2.3): what is never encoded
  in_a_literal = 4,       ///< that, and the delimiters that stay as they are in the document's own segments
};

constexpr std::array<std::uint8_t, 256> byte_kinds = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) kinds[c] = c == '%' ? 0 : decodes_to_itself;
  const auto add = [&](char c, unsigned kind) { kinds[static_cast<unsigned char>(c)] |= kind; };
  for (char c = 'a'; c <= 'z'; ++c) add(c, in_a_value | in_a_literal);
  for (char c = 'A'; c <= 'Z'; ++c) add(c, in_a_value | in_a_literal);
  for (char c = '0'; c <= '9'; ++c) add(c, in_a_value | in_a_literal);
  for (const char c : std::string_view("-._~")) add(c, in_a_value | in_a_literal);
  for (const char c : std::string_view("!$&'()*+,;=:@")) add(c, in_a_literal);
  return kinds;
}();

/// How many bytes at the front of `text` are of this kind.
std::size_t count_front(std::string_view text, ByteKind kind) {
  std::size_t count = 0;
  while (count < text.size() && (byte_kinds[static_cast<unsigned char>(text[count])] & kind) != 0) ++count;
  return count;
}

/// What no upstream may take for a step within its tree, however it was encoded: "..", and "x/../y" with any slashes.
bool may_be_a_value(std::string_view value) {
  if (value.empty()) return false;
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  for (;;) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if(value, is_slash) - value.begin());
    const auto part = value.substr(0, end);
    if (part == "." || part == "..") return false;
    if (end == value.size()) return true;
    value.remove_prefix(end + 1);
  }
}

void append_encoded(std::string& out, std::string_view text, ByteKind plain_kind) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  while (!text.empty()) {
    const std::size_t plain = count_front(text, plain_kind);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
    text.remove_prefix(1);
  }
}

}  // namespace

bool decode_segment(std::string_view segment, std::string& out) {
  for (std::size_t i = 0; i < segment.size(); ++i) {
    char c = segment[i];
    if (c == '%') {
      if (segment.size() - i < 3) return false;
      const int high = hex_digit(segment[i + 1]);
      const int low = hex_digit(segment[i + 2]);
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
    out += c;
  }
  return base::is_utf8(out);
}

void append_encoded_segment(std::string& out, std::string_view value) {
  append_encoded(out, value, in_a_value);
}

void append_encoded_literal(std::string& out, std::string_view text) {
  append_encoded(out, text, in_a_literal);
}

Router::Router(std::string_view base_path) {
  while (!base_path.empty()) {
    base_path.remove_prefix(1);
    const auto raw = base_path.substr(0, base_path.find('/'));
    base_path.remove_prefix(raw.size());
    std::string segment;
    if (!decode_segment(raw, segment)) return;
    auto& next = base_->literals[segment];
    next = std::make_unique<Node>();
    base_ = next.get();
  }
}

std::optional<std::string_view> Router::Parameter::value_in(std::string_view segment) const {
  const bool is_of_this_shape =
      segment.size() > before.size() + after.size() && segment.starts_with(before) && segment.ends_with(after);
  if (!is_of_this_shape) return std::nullopt;
  const auto value = segment.substr(before.size(), segment.size() - before.size() - after.size());
  if (!may_be_a_value(value)) return std::nullopt;
  if (between.empty()) return value;
  const auto parts = split_value(value, between);
  const bool is_valid = !parts.empty() && std::ranges::all_of(parts, may_be_a_value);
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
    return other.before == segment.before && other.between == segment.between && other.after == segment.after;
  });
  if (same != node.parameters.end()) return same->node.get();
  Parameter parameter{segment.before, segment.between, segment.after, std::make_unique<Node>()};
  const auto place = std::ranges::find_if(node.parameters, [size = parameter.literal_size()](const Parameter& other) {
    return other.literal_size() < size;
  });
  return node.parameters.insert(place, std::move(parameter))->node.get();
}

std::string Router::add(const Operation& operation) {
  Node* node = base_;
  for (const auto& segment : operation.segments()) node = child(*node, segment);
  const auto [place, is_new] = node->operations.emplace(operation.method(), &operation);
  return is_new ? std::string() : place->second->id();
}

const Router::Node* Router::walk(const Node& node, std::string_view path, std::size_t depth,
                                 std::vector<std::string>& values) {
  if (path.empty()) return node.operations.empty() ? nullptr : &node;
  if (path.front() != '/' || depth == most_segments) return nullptr;
  path.remove_prefix(1);
  std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  std::string decoded;
  if (count_front(segment, decodes_to_itself) < segment.size()) {  // nearly every segment is what it decodes to
    if (!decode_segment(segment, decoded)) return nullptr;
    segment = decoded;
  }
  if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
    if (const Node* end = walk(*literal->second, path, depth + 1, values)) return end;
  }
  for (const auto& parameter : node.parameters) {
    const auto value = parameter.value_in(segment);
    if (!value) continue;
    values.emplace_back(*value);
    if (const Node* end = walk(*parameter.node, path, depth + 1, values)) return end;
    values.pop_back();
  }
  return nullptr;
}

Route Router::match(std::string_view method, std::string_view path) const {
  Route route;
  const Node* node = path.empty() ? nullptr : walk(root_, path, 0, route.match.path_values);
  if (node == nullptr) return route;

  auto found = node->operations.find(method);
  if (found == node->operations.end() && method == "HEAD") found = node->operations.find("GET");
  if (found != node->operations.end()) {
    route.status = Route::Status::found;
    route.match.operation = found->second;
    return route;
  }
  route.status = Route::Status::method_not_allowed;
  for (const auto& [allowed, operation] : node->operations) {
    route.allow += (route.allow.empty() ? "" : ", ") + allowed;
    if (allowed == "GET" && !node->operations.contains("HEAD")) route.allow += ", HEAD";
  }
  return route;
}

}  // namespace pgw::contract
