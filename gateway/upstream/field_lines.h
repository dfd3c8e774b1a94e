// The field lines of one request, as the list that libcurl takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

namespace pgw::upstream {

/// libcurl's own curl_slist_append takes two allocations for every line. Here all lines share one text, whose storage
/// `clear` keeps for the next request. Not thread-safe.
class FieldLines {
 public:
  void clear();

  /// "Name: value". libcurl takes an empty value for a wish to remove the field, so that is written as "Name;".
  void add(std::string_view name, std::string_view value);

  /// "Name:": libcurl leaves out the field that it would add by itself.
  void suppress(std::string_view name);

  /// A ready line.
  void add_line(std::string_view line);

  /// Null without lines. Holds until the next change.
  curl_slist* list();

 private:
  std::string text_;  // each line ends in NUL
  std::vector<std::size_t> begins_;
  std::vector<curl_slist> nodes_;
};

}  // namespace pgw::upstream
