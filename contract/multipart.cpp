#include "contract/multipart.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/token.h"
#include "base/utf8.h"

namespace pgw::contract {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

struct PartParameter {
  std::string name;  // lower case
  std::string_view value;
};
using PartParameters = std::vector<PartParameter>;

/// What a quoted string holds, which `text` begins with; `text` then begins behind it. Nullopt if it doesn't end, or
/// escapes a quote: parsers differ in where that ends, and browsers write %22.
std::optional<std::string_view> take_quoted(std::string_view& text) {
  const auto end = text.find('"', 1);
  if (end == std::string_view::npos || text[end - 1] == '\\') return std::nullopt;
  const auto inner = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return inner;
}

/// `; name=value` as often as it stands there, each name once; nullopt for anything else.
std::optional<PartParameters> parameters_of(std::string_view text) {
  PartParameters parameters;
  for (text = base::trim(text); !text.empty(); text = base::trim(text)) {
    if (text.front() != ';') return std::nullopt;
    text = base::trim(text.substr(1));
    if (text.empty()) break;
    const auto equals = std::min(text.find('='), text.size());
    PartParameter parameter{base::to_lower(text.substr(0, equals)), {}};
    text.remove_prefix(std::min(equals + 1, text.size()));
    if (text.starts_with('"')) {
      const auto quoted = take_quoted(text);
      if (!quoted) return std::nullopt;
      parameter.value = *quoted;
    } else {
      const auto end = std::ranges::find_if_not(text, base::is_token_character) - text.begin();
      parameter.value = text.substr(0, static_cast<std::size_t>(end));
      if (parameter.value.empty()) return std::nullopt;
      text.remove_prefix(parameter.value.size());
    }
    const bool is_known = std::ranges::find(parameters, parameter.name, &PartParameter::name) != parameters.end();
    if (is_known || !base::is_token(parameter.name)) return std::nullopt;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

const PartParameter* find_parameter(const PartParameters& parameters, std::string_view name) {
  const auto found = std::ranges::find(parameters, name, &PartParameter::name);
  return found == parameters.end() ? nullptr : &*found;
}

/// RFC 2046 section 5.1.1.
bool is_boundary(std::string_view text) {
  const auto is_boundary_character = [](char c) {
    return base::is_digit(c) || base::is_letter(c) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 70 && text.back() != ' ' && std::ranges::all_of(text, is_boundary_character);
}

bool has_control(std::string_view line) {
  return std::ranges::any_of(line,
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

/// Linear, where std::string_view::find compares the whole boundary anew at each of its first characters.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from) {
  const void* const found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

class MultipartParser {
 public:
  MultipartParser(std::string_view body, MultipartMistake& mistake) : body_(body), mistake_(mistake) {}

  std::optional<std::vector<Part>> parse(std::string_view content_type) {
    return read_boundary(content_type) && read_parts() ? std::optional(std::move(parts_)) : std::nullopt;
  }

 private:
  bool fail(std::string message) {
    mistake_ = {std::move(message), number_};
    return false;
  }

  bool read_parts() {
    std::size_t at = body_.starts_with(line_end) ? line_end.size() : 0;
    if (!body_.substr(at).starts_with(delimiter_)) return fail("it does not begin with its boundary");
    for (;;) {
      const auto rest = body_.substr(at + delimiter_.size());
      if (rest.starts_with("--")) {
        number_ = 0;
        return rest == "--" || rest == "--\r\n" || fail("something stands behind its last boundary");
      }
      ++number_;
      if (!rest.starts_with(line_end)) return fail("the line of its boundary holds something else");
      if (number_ > most_parts) return fail("more than " + std::to_string(most_parts) + " parts are too many");
      const std::size_t start = body_.size() - rest.size() + line_end.size();
      at = find_text(body_, delimiter_, start);
      if (at == std::string_view::npos) return fail("the boundary that ends it is missing");
      const auto text = body_.substr(start, at - start);
      if (!text.ends_with(line_end)) return fail("the boundary stands within it");
      if (!read_part(text.substr(0, text.size() - line_end.size()))) return false;
    }
  }

  bool read_boundary(std::string_view content_type) {
    const auto parameters = parameters_of(content_type.substr(std::min(content_type.find(';'), content_type.size())));
    const auto* const boundary = parameters ? find_parameter(*parameters, "boundary") : nullptr;
    if (boundary == nullptr) {
      fail("Content-Type names no boundary");
    } else if (!is_boundary(boundary->value)) {
      fail("the boundary in Content-Type is none that RFC 2046 allows");
    } else {
      delimiter_.append("--").append(boundary->value);
    }
    return !delimiter_.empty();
  }

  bool read_part(std::string_view text) {
    const auto end = text.starts_with(line_end) ? 0 : text.find(head_end);
    if (end == std::string_view::npos) return fail("its head does not end");
    if (end > longest_part_head) {
      return fail("its head is longer than " + std::to_string(longest_part_head) + " bytes");
    }
    Part part;
    std::string_view head = text.substr(0, end);
    part.content = text.substr(end == 0 ? line_end.size() : end + head_end.size());
    Seen seen;
    while (!head.empty()) {
      const auto line = head.substr(0, head.find(line_end));
      head.remove_prefix(std::min(line.size() + line_end.size(), head.size()));
      if (!read_field(line, part, seen)) return false;
    }
    if (!seen.disposition) return fail("it has no Content-Disposition");
    if (part.name == "_charset_" && !base::iequals(part.content, "utf-8")) {
      return fail("_charset_ must be UTF-8");
    }
    parts_.push_back(std::move(part));
    return true;
  }

  /// Which fields of a head have come.
  struct Seen {
    bool disposition = false;
    bool type = false;
  };

  bool read_field(std::string_view line, Part& part, Seen& seen) {
    const auto colon = std::min(line.find(':'), line.size());
    const std::string name = base::to_lower(line.substr(0, colon));
    if (colon == line.size() || !base::is_token(name) || has_control(line)) {
      return fail("a line of its head is no field");
    }
    const auto value = base::trim(line.substr(colon + 1));
    if (name == "content-disposition") {
      if (std::exchange(seen.disposition, true)) return fail("it has two fields Content-Disposition");
      return read_disposition(value, part);
    }
    if (name == "content-type") {
      if (std::exchange(seen.type, true)) return fail("it has two fields Content-Type");
      return read_type(value, part);
    }
    constexpr std::array<std::string_view, 3> plain{"7bit", "8bit", "binary"};
    const bool is_plain = std::ranges::any_of(plain, [value](auto known) { return base::iequals(known, value); });
    if (name == "content-transfer-encoding" && !is_plain) {
      return fail("a Content-Transfer-Encoding is not for forms (RFC 7578 section 4.7)");
    }
    return true;
  }

  bool read_disposition(std::string_view value, Part& part) {
    const auto kind = base::trim(value.substr(0, value.find(';')));
    const auto parameters = parameters_of(value.substr(std::min(value.find(';'), value.size())));
    if (!base::iequals(kind, "form-data") || !parameters) {
      return fail("its Content-Disposition is none of a form: form-data; name=\"...\"");
    }
    const auto* const name = find_parameter(*parameters, "name");
    if (name == nullptr || find_parameter(*parameters, "name*") != nullptr || !base::is_utf8(name->value)) {
      return fail("its Content-Disposition must name it once, in UTF-8");
    }
    part.name = name->value;
    return true;
  }

  bool read_type(std::string_view value, Part& part) {
    const auto end = std::min(value.find(';'), value.size());
    const auto parameters = parameters_of(value.substr(end));
    part.content_type = base::to_lower(base::trim(value.substr(0, end)));
    const auto slash = std::min(part.content_type.find('/'), part.content_type.size());
    const bool is_type = base::is_token(part.content_type.substr(0, slash)) && slash < part.content_type.size() &&
                         base::is_token(part.content_type.substr(slash + 1));
    if (!parameters || !is_type) return fail("its Content-Type is no media type");
    if (const auto* const charset = find_parameter(*parameters, "charset")) part.charset = charset->value;
    return true;
  }

  std::string_view body_;
  MultipartMistake& mistake_;
  std::string delimiter_;
  std::size_t number_ = 0;  // of the part that is being read
  std::vector<Part> parts_;
};

}  // namespace

std::optional<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body,
                                                 MultipartMistake& mistake) {
  return MultipartParser(body, mistake).parse(content_type);
}

}  // namespace pgw::contract
