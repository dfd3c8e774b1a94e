// Names and values of a query or a form. Internal to contract/.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace pgw::contract {

/// Names and values in order, names not unique. Views: into what they were read from, or into text that a Form keeps.
using Pair = std::pair<std::string_view, std::string_view>;
using Pairs = std::vector<Pair>;

/// The decoded pairs of an application/x-www-form-urlencoded text, which must outlive it. '+' is a space; a '%' that
/// begins no encoding stays.
class Form {
 public:
  explicit Form(std::string_view text);
  const Pairs& pairs() const { return pairs_; }

 private:
  std::string_view decoded(std::string_view text);

  Pairs pairs_;
  std::unique_ptr<char[]> room_;  // for what is encoded
  char* free_ = nullptr;
  std::size_t size_ = 0;  // of the whole text: decoding makes nothing longer
};

}  // namespace pgw::contract
