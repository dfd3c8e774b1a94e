// Finds a secret in text, however it was encoded on its way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/secret.h"

namespace pgw::upstream {

/// Knows a secret as it is and in Base64 (both alphabets, at each of the three alignments that text before it may
/// cause), and each character of those as it is, percent-encoded ("%2F", either case) or escaped as in JSON (a
/// backslash before it, or its code point in four digits of either case), in any mixture.
///
/// Text that contains none costs next to nothing: it is skipped through in strides, and what is encoded is looked at
/// only where a "%" or "\" stands for a character of the secret. Otherwise the cost is linear: all patterns advance
/// together as bits of one set, one step for each character of text. Immutable; overwritten with zeros at its end.
class SecretMatcher {
 public:
  /// Empty: matches nothing.
  explicit SecretMatcher(std::string_view secret);
  ~SecretMatcher();
  SecretMatcher(const SecretMatcher&) = delete;
  SecretMatcher& operator=(const SecretMatcher&) = delete;

  bool empty() const { return patterns_.empty(); }

  bool occurs_in(std::string_view text) const;

  /// Overwrites every occurrence with '*' of the same length.
  void mask(std::string& text) const;

  /// How many characters at the end of `text` may be the beginning of an occurrence.
  std::size_t open_end(std::string_view text) const;

 private:
  using Set = std::vector<std::uint64_t>;
  class Run;

  void keep(const std::vector<std::string>& patterns);
  void prepare();
  bool may_occur_in(std::string_view text) const;
  bool may_contain_encoded(std::string_view text) const;
  bool may_contain_plain(std::string_view text) const;
  std::size_t begin_of(std::string_view text, std::size_t end, std::string_view pattern) const;

  config::Secret text_;  // all patterns, one behind the other
  std::vector<std::string_view> patterns_;
  std::size_t shortest_ = 0;
  std::size_t longest_ = 0;
  std::size_t words_ = 0;              // of a set: a bit for each character of all patterns
  std::vector<std::uint64_t> places_;  // 256 sets: where each character stands
  Set firsts_;
  Set lasts_;
  std::array<bool, 256> is_of_secret_{};
  std::vector<std::uint8_t> strides_;  // by the hash of two characters: how far the text can be skipped
};

}  // namespace pgw::upstream
