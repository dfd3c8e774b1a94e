#include "gateway/upstream/field_lines.h"

namespace pgw::upstream {

void FieldLines::clear() {
  text_.clear();
  begins_.clear();
}

void FieldLines::add(std::string_view name, std::string_view value) {
  begins_.push_back(text_.size());
  text_ += name;
  if (value.empty()) {
    text_ += ';';
  } else {
    text_ += ": ";
    text_ += value;
  }
  text_ += '\0';
}

void FieldLines::suppress(std::string_view name) {
  begins_.push_back(text_.size());
  text_ += name;
  text_ += ':';
  text_ += '\0';
}

void FieldLines::add_line(std::string_view line) {
  begins_.push_back(text_.size());
  text_ += line;
  text_ += '\0';
}

curl_slist* FieldLines::list() {
  nodes_.resize(begins_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].data = text_.data() + begins_[i];
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
  return nodes_.empty() ? nullptr : nodes_.data();
}

}  // namespace pgw::upstream
