#include "gateway/upstream/request_writer.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace pgw::upstream {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ':';
  if (!value.empty()) {
    out += ' ';
    out += value;
  }
  out += "\r\n";
}

void append_framing(std::string& out, const OutgoingRequest& request) {
  if (request.streamed && !request.body_length) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (has_length(request)) {
    out += "Content-Length: ";
    base::append_number(out, request.streamed ? *request.body_length : request.body.size());
    out += "\r\n";
  }
}

}  // namespace

bool has_length(const OutgoingRequest& request) {
  return request.streamed || !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

void append_head(std::string& out, const OutgoingRequest& request, const Destination& destination) {
  out += request.method;
  out += ' ';
  out += destination.base_path();
  out += request.path_and_query;
  out += " HTTP/1.1\r\n";
  append_field(out, "Host", destination.authority());
  for (const auto& field : request.fields) append_field(out, field.name, field.value);
  out += "Accept-Encoding: identity\r\n";
  append_framing(out, request);
  if (const auto& credential = destination.target().credential) credential->append_field_line(out);
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  std::array<char, 16> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\r\n");
  out.append(piece).append("\r\n");
}

}  // namespace pgw::upstream
