#include "contract/document.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "contract/document_reader.h"

namespace pgw::contract {

std::string to_string(const Problem& problem) {
  std::string text = problem.place.file;
  if (problem.place.line > 0) text += ":" + std::to_string(problem.place.line);
  if (problem.place.line > 0 && problem.place.column > 0) text += ":" + std::to_string(problem.place.column);
  if (!text.empty()) text += ": ";
  text += problem.severity == Severity::error ? "error: " : "warning: ";
  return text + problem.message;
}

Document::Outcome Document::read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code ignored;
  if (!in || std::filesystem::is_directory(file, ignored)) {
    const std::string reason = in ? "is a directory" : std::strerror(errno);
    return {nullptr, {{Severity::error, {file.string(), 0, 0}, "can't be read: " + reason}}};
  }
  const std::string text(std::istreambuf_iterator<char>(in), {});
  return parse(text, file.string());
}

Document::Outcome Document::parse(std::string_view text, std::string_view name) {
  return DocumentReader(name).read(text);
}

Place Document::place(const nlohmann::json::json_pointer& where) const {
  for (auto pointer = where;; pointer.pop_back()) {
    if (const auto found = places_.find(pointer.to_string()); found != places_.end()) {
      return {name_, found->second.line, found->second.column};
    }
    if (pointer.empty()) return {name_, 0, 0};
  }
}

}  // namespace pgw::contract
