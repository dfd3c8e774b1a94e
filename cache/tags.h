// Tags tie stored reads to the writes that make them stale. Both are derived from path templates alone.
//
// Each prefix of a path names something: "projects" a collection, "projects/pr_1" an item of it.
//   A read carries the items on its path, and the prefixes within the literals that it ends on:
//     GET /projects                   projects
//     GET /projects/count             projects, projects/count      (creating a project makes the count stale)
//     GET /projects/pr_1              projects/pr_1
//     GET /projects/pr_1/datasets     projects/pr_1, projects/pr_1/datasets
//   A write moves every prefix of its path: the items with all that is under them, and the listings on the way:
//     POST /projects                  projects
//     PATCH /projects/pr_1/configs    projects, projects/pr_1, projects/pr_1/configs
// A read of an item does not carry its collection's tag: creating a project leaves the other projects fresh.
//
// What is not there has no tag of its own that its creation would move. "projects/*" stands for whatever may come to be
// in a collection: a refusal (404) carries it of each collection on its path, and a write that ends on a literal, which
// may create something anywhere on its way, moves it.
//     GET /projects/pr_9: 404         projects/pr_9, projects/*
//     POST /projects                  projects/*, beside those above
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgw::cache {

class Tag {
 public:
  // `text` as an operator or a rule writes it, e.g. "projects/pr_1".
  explicit Tag(std::string text);

  const std::string& text() const { return text_; }
  std::uint64_t hash() const { return hash_; }
  friend bool operator==(const Tag& a, const Tag& b) { return a.text_ == b.text_; }

 private:
  std::string text_;
  std::uint64_t hash_;
};
using Tags = std::vector<Tag>;

// One segment of a concrete path; `text` is decoded (of a parameter: its value).
struct Segment {
  std::string_view text;
  bool is_parameter;
  bool ends_on_literal = false;  // of a parameter: something follows it, as in "{id}:copy"
};

// The number of leading segments that every one of `paths` shares and that therefore names no collection ("api/v4");
// always less than the length of the shortest path.
std::size_t shared_base(std::span<const std::vector<Segment>> paths);

// `base`: leading segments to leave out of account, from `shared_base`. Never empty. Texts hold whole paths, with all
// but RFC 3986 unreserved characters percent-encoded, so that a value "a/b" is never taken for two segments.
Tags read_tags(std::span<const Segment> path, std::size_t base = 0);
Tags write_tags(std::span<const Segment> path, std::size_t base = 0);

// What a refusal of the path carries besides, to the `read_tags` that are in `tags`.
void add_refusal_tags(Tags& tags, std::span<const Segment> path, std::size_t base = 0);

// "projects/*" of "projects".
Tag arrivals_in(std::string_view collection);

// A name that is no path of the API's, as an origin or an operator gives it, in the form that tags have: what stands
// between slashes is percent-encoded, a lone "*" stays.
std::string tag_text(std::string_view name);

// Tags as one text, separated by spaces, which occur in none; and whether such a text has one.
std::string join_tags(std::span<const Tag> tags);
bool has_tag(std::string_view joined, std::string_view tag);
Tags split_tags(std::string_view joined);

}  // namespace pgw::cache
