// Requests that people have at hand as files: `.http` (and `.rest`), which editors send and raw messages look like, and
// `.har`, which browsers and proxies record.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pgw::cli {

struct RecordedRequest {
  std::filesystem::path file;  ///< empty: the command line
  std::size_t number = 0;      ///< in its file: the line where it begins, or of a HAR its entry, from 1
  std::string method;
  std::string target;  ///< path and query
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::string problem;  ///< why it can't be read; empty: it could
};

/// "file:line", of a HAR "file#entry".
std::string place_of(const RecordedRequest& request);

/// The target of a URL or of a path: what stands behind scheme and authority, without a fragment.
std::string target_of(std::string url);

/// The requests of one file, as its name ends; nullopt if it can't be read at all, with the reason.
std::optional<std::vector<RecordedRequest>> read_requests(const std::filesystem::path& file, std::string& problem);

/// A file's bytes; "-" is standard input. Nullopt if it can't be read, with the reason.
std::optional<std::string> read_bytes(const std::filesystem::path& file, std::string& problem);

/// The files below a folder that hold requests, in the order of their names.
std::vector<std::filesystem::path> request_files(const std::filesystem::path& folder);

}  // namespace pgw::cli
