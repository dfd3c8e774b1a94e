#include "contract/router.h"

#include <algorithm>
#include <array>

#include "contract/utf8.h"

namespace pgw::contract {
namespace {

constexpr std::size_t most_segments = 64;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// What no upstream may take for a step within its tree, however it was encoded: "..", and "x/../y" with any slashes.
bool may_be_a_value(std::string_view value) {
  if (value.empty()) return false;
  for (;;) {
    const auto end = value.find_first_of("/\\");
    const auto part = value.substr(0, end);
    if (part == "." || part == "..") return false;
    if (end == std::string_view::npos) return true;
    value.remove_prefix(end + 1);
  }
}

/// Visible ASCII without '%': a path that stands for itself.
bool is_plain(std::string_view path) {
  return std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '%'; });
}

/// A path's segments, decoded. Views into the path, or into `decoded_`.
class Segments {
 public:
  /// False: no path that could be routed.
  bool split(std::string_view path) {
    const bool needs_decoding = !is_plain(path);
    if (needs_decoding) decoded_.reserve(path.size());
    while (!path.empty()) {
      if (path.front() != '/' || count_ == most_segments) return false;
      path.remove_prefix(1);
      const auto raw = path.substr(0, path.find('/'));
      path.remove_prefix(raw.size());
      if (needs_decoding && !decode(raw)) return false;
      if (!needs_decoding) parts_[count_++] = raw;
    }
    return count_ > 0;
  }

  std::span<const std::string_view> all() const { return {parts_.data(), count_}; }

 private:
  bool decode(std::string_view raw) {
    std::string segment;
    if (!decode_segment(raw, segment)) return false;
    const std::size_t start = decoded_.size();
    decoded_ += segment;
    parts_[count_++] = std::string_view(decoded_).substr(start);
    return true;
  }

  std::array<std::string_view, most_segments> parts_;
  std::size_t count_ = 0;
  std::string decoded_;  // as large as the path from the start, so that views into it hold
};

void append_encoded(std::string& out, std::string_view text, std::string_view also_plain) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  const auto stays = [&](char c) { return is_unreserved(c) || also_plain.find(c) != std::string_view::npos; };
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(text, stays) - text.begin());
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
  return is_utf8(out);
}

void append_encoded_segment(std::string& out, std::string_view value) {
  append_encoded(out, value, {});
}

void append_encoded_literal(std::string& out, std::string_view text) {
  append_encoded(out, text, "!$&'()*+,;=:@");
}

Router::Router(std::string_view base_path) {
  Segments segments;
  if (base_path.empty() || !segments.split(base_path)) return;
  for (const auto segment : segments.all()) {
    auto& next = base_->literals[std::string(segment)];
    next = std::make_unique<Node>();
    base_ = next.get();
  }
}

std::string Router::add(const Operation& operation) {
  Node* node = base_;
  for (const auto& segment : operation.segments()) {
    auto& next = segment.is_parameter ? node->parameter : node->literals[segment.text];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  const auto [place, is_new] = node->operations.emplace(operation.method(), &operation);
  return is_new ? std::string() : place->second->id();
}

const Router::Node* Router::walk(const Node& node, std::span<const std::string_view> segments,
                                 std::vector<std::string>& values) {
  if (segments.empty()) return node.operations.empty() ? nullptr : &node;
  if (const auto literal = node.literals.find(segments.front()); literal != node.literals.end()) {
    if (const Node* end = walk(*literal->second, segments.subspan(1), values)) return end;
  }
  if (node.parameter == nullptr || !may_be_a_value(segments.front())) return nullptr;
  values.emplace_back(segments.front());
  const Node* end = walk(*node.parameter, segments.subspan(1), values);
  if (end == nullptr) values.pop_back();
  return end;
}

Route Router::match(std::string_view method, std::string_view path) const {
  Route route;
  Segments segments;
  if (!segments.split(path)) return route;
  const Node* node = walk(root_, segments.all(), route.match.path_values);
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
