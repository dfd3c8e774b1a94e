#include "gateway/cli/recorded_requests.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/percent.h"
#include "base/text.h"
#include "base/token.h"

namespace pgw::cli {
namespace {

using nlohmann::json;

constexpr std::string_view line_ends = "\r\n";

/// Reads the requests of a `.http` file: "###" stands between two, lines that begin with "#" or "//" before a request
/// line are comments.
class HttpFile {
 public:
  HttpFile(std::filesystem::path file, std::string_view text) : file_(std::move(file)), rest_(text) {}

  std::vector<RecordedRequest> read() {
    while (!rest_.empty()) {
      const auto line = next_line();
      if (line.starts_with("###") || line.starts_with("#") || line.starts_with("//") || base::trim(line).empty())
        continue;
      read_request(line);
    }
    return std::move(requests_);
  }

 private:
  std::string_view next_line() {
    const auto line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
    ++number_;
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  }

  void read_request(std::string_view line) {
    RecordedRequest request{.file = file_, .number = number_};
    read_request_line(base::trim(line), request);
    read_fields(request);
    request.body = read_body();
    include_file(request);
    restore_line_ends(request);
    requests_.push_back(std::move(request));
  }

  static void read_request_line(std::string_view line, RecordedRequest& request) {
    const auto blank = std::min(line.find(' '), line.size());
    request.method = line.substr(0, blank);
    std::string_view url = base::trim(line.substr(blank));
    if (const auto version = url.rfind(" HTTP/"); version != std::string_view::npos)
      url = base::trim(url.substr(0, version));
    if (url.empty()) {  // editors take a lone URL for a GET
      url = line;
      request.method = "GET";
    }
    request.target = target_of(std::string(url));
    if (!base::is_token(request.method) || request.target.empty())
      request.problem = "this is no request line: METHOD URL";
  }

  void read_fields(RecordedRequest& request) {
    while (!rest_.empty() && !rest_.starts_with("###")) {
      const auto line = next_line();
      if (base::trim(line).empty()) return;
      const auto first = line.find_first_not_of(" \t");
      if (first > 0 && (line[first] == '?' || line[first] == '&')) {  // a query over several lines
        request.target += base::trim(line);
        continue;
      }
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) {
        request.problem = "line " + std::to_string(number_) + " is no field: Name: value";
      } else {
        request.fields.emplace_back(base::trim(line.substr(0, colon)), base::trim(line.substr(colon + 1)));
      }
    }
  }

  /// Up to the next "###", without the line ends before it.
  std::string read_body() {
    const char* const start = rest_.data();
    std::size_t size = 0;
    while (!rest_.empty() && !rest_.starts_with("###")) {
      next_line();
      size = static_cast<std::size_t>(rest_.data() - start);
    }
    std::string_view body(start, size);
    while (!body.empty() && line_ends.find(body.back()) != std::string_view::npos) body.remove_suffix(1);
    return std::string(body);
  }

  /// "< FILE" is a body that stands beside.
  void include_file(RecordedRequest& request) const {
    if (!request.body.starts_with("< ") || request.body.find('\n') != std::string::npos) return;
    auto body = read_bytes(file_.parent_path() / base::trim(std::string_view(request.body).substr(2)), request.problem);
    request.body = std::move(body).value_or("");
  }

  /// A multipart form has CRLF, which a text file seldom has; editors send it so as well.
  static void restore_line_ends(RecordedRequest& request) {
    const bool is_multipart = std::ranges::any_of(request.fields, [](const auto& field) {
      return base::iequals(field.first, "content-type") && base::to_lower(field.second).starts_with("multipart/");
    });
    if (!is_multipart || request.body.find("\r\n") != std::string::npos) return;
    std::string body;
    for (const char c : request.body) body.append(c == '\n' ? "\r\n" : std::string(1, c));
    request.body = std::move(body);
  }

  std::filesystem::path file_;
  std::string_view rest_;
  std::size_t number_ = 0;  // of the line that was read last
  std::vector<RecordedRequest> requests_;
};

std::string text_at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The members of a form that a browser tells one by one.
std::string form_of(const json& params) {
  std::string form;
  const auto append = [&form](const std::string& text) {
    for (const char c : text) {
      if (base::is_unreserved(c)) {
        form += c;
      } else {
        base::append_percent_encoded(form, c);
      }
    }
  };
  for (const auto& param : params) {
    if (!form.empty()) form += '&';
    append(text_at(param, "name"));
    form += '=';
    append(text_at(param, "value"));
  }
  return form;
}

/// One entry of a HAR (HTTP Archive 1.2).
RecordedRequest request_of(const json& entry, const std::filesystem::path& file, std::size_t number) {
  RecordedRequest request{.file = file, .number = number};
  const json described = entry.is_object() ? entry.value("request", json()) : json();
  request.method = text_at(described, "method");
  request.target = target_of(text_at(described, "url"));
  if (!base::is_token(request.method) || request.target.empty()) request.problem = "this entry has no request";
  if (!described.is_object()) return request;
  for (const auto& field : described.value("headers", json::array())) {
    const std::string name = text_at(field, "name");
    if (!name.starts_with(':')) request.fields.emplace_back(name, text_at(field, "value"));  // those are HTTP/2's own
  }
  const json body = described.value("postData", json());
  request.body = text_at(body, "text");
  if (request.body.empty() && body.is_object() && body.contains("params")) request.body = form_of(body["params"]);
  return request;
}

std::vector<RecordedRequest> read_archive(const std::filesystem::path& file, const std::string& text,
                                          std::string& problem) {
  std::vector<RecordedRequest> requests;
  const json archive = json::parse(text, nullptr, false);
  const bool has_entries = archive.is_object() && archive.contains("log") && archive["log"].is_object() &&
                           archive["log"].contains("entries") && archive["log"]["entries"].is_array();
  if (!has_entries) {
    problem = "this is no HTTP archive: there is no list log.entries";
    return requests;
  }
  for (const auto& entry : archive["log"]["entries"]) requests.push_back(request_of(entry, file, requests.size() + 1));
  return requests;
}

bool is_archive(const std::filesystem::path& file) {
  return base::iequals(file.extension().string(), ".har");
}

}  // namespace

std::string place_of(const RecordedRequest& request) {
  if (request.file.empty()) return {};
  return request.file.string() + (is_archive(request.file) ? "#" : ":") + std::to_string(request.number);
}

std::string target_of(std::string url) {
  url.erase(std::min(url.find('#'), url.size()));
  const auto scheme = url.find("://");
  if (url.starts_with("{{")) {  // an editor's variable for scheme and host
    url.erase(0, std::min(url.find("}}"), url.size() - 2) + 2);
  } else if (scheme != std::string::npos && scheme < url.find_first_of("/?")) {
    url.erase(0, std::min(url.find_first_of("/?", scheme + 3), url.size()));
    if (!url.starts_with('/')) url.insert(0, "/");
  }
  return url.starts_with('/') ? url : std::string();
}

std::optional<std::vector<RecordedRequest>> read_requests(const std::filesystem::path& file, std::string& problem) {
  const auto text = read_bytes(file, problem);
  if (!text) return std::nullopt;
  auto requests = is_archive(file) ? read_archive(file, *text, problem) : HttpFile(file, *text).read();
  return problem.empty() ? std::optional(std::move(requests)) : std::nullopt;
}

std::optional<std::string> read_bytes(const std::filesystem::path& file, std::string& problem) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  auto content = base::read_file(file);
  if (content.failure.empty()) return std::move(content.text);
  problem = file.string() + ": " + content.failure;
  return std::nullopt;
}

std::vector<std::filesystem::path> request_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; entry != end; entry.increment(error)) {
    const std::string extension = base::to_lower(entry->path().extension().string());
    if (extension == ".http" || extension == ".rest" || extension == ".har") files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace pgw::cli
