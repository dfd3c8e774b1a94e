// A regular expression of a schema, matched at bounded cost. Internal to contract/.
//
// RE2 takes time linear in the text and decides always; patterns that it can't take (lookaround, backreferences) go to
// PCRE2, whose backtracking is counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pgw::contract {

/// Whose syntax a pattern is written in. They differ in what \w, \d, \s and $ take, and in escapes.
enum class PatternDialect { ecma, python };

/// How many steps the backtracking over one request or response may still take. It grows with the texts that are
/// matched, so that the cost of all of them together is linear.
class StepBudget {
 public:
  void grow(std::size_t text_size) { left_ += steps_per_byte * static_cast<std::int64_t>(text_size) + steps_per_text; }

  /// False: it is used up.
  bool take(std::int64_t steps) { return (left_ -= steps) > 0; }

 private:
  static constexpr std::int64_t steps_at_first = 200'000;  // some ten milliseconds
  static constexpr std::int64_t steps_per_byte = 100;
  static constexpr std::int64_t steps_per_text = 500;

  std::int64_t left_ = steps_at_first;
};

/// Immutable, thread-safe.
class Pattern {
 public:
  enum class Match { no, yes, out_of_steps };

  Pattern(std::string source, PatternDialect dialect);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  /// Empty, or why the pattern can't be used; it then matches nothing.
  const std::string& problem() const { return problem_; }

  /// Whether it is right by ECMA 262 to the letter, in which letters may not be escaped without a meaning.
  bool is_strictly_right() const { return problem_.empty() && is_strict_; }

  const std::string& source() const { return source_; }  ///< as the document writes it

  /// Whether it occurs in the text, which is UTF-8.
  Match find_in(std::string_view text, StepBudget& budget) const;

 private:
  class Linear;
  class Backtracking;

  std::string source_;
  std::string problem_;
  bool is_strict_ = true;
  std::unique_ptr<const Linear> linear_;
  std::unique_ptr<const Backtracking> backtracking_;
};

}  // namespace pgw::contract
