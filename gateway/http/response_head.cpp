#include "gateway/http/response_head.h"

#include <array>
#include <chrono>

#include "base/http_date.h"
#include "base/text.h"
#include "gateway/http/message.h"

namespace pgw::http {
namespace {

bool has_date(std::string_view fields) {
  static constexpr std::string_view name = "date:";
  while (!fields.empty()) {
    if (base::iequals(fields.substr(0, name.size()), name)) return true;
    const auto end = fields.find('\n');
    if (end == std::string_view::npos) return false;
    fields.remove_prefix(end + 1);
  }
  return false;
}

std::string make_status_line(int status) {
  std::string line = "HTTP/1.1 ";
  base::append_number(line, status);
  line += ' ';
  line += reason_phrase(status);
  return line + "\r\n";
}

// Those of all statuses that HTTP has are made once.
void append_status_line(std::string& out, int status) {
  constexpr int first = 100;
  static const auto lines = [] {
    std::array<std::string, 500> made;
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = make_status_line(first + static_cast<int>(i));
    return made;
  }();
  const auto index = static_cast<std::size_t>(status - first);
  if (status >= first && index < lines.size()) {
    out += lines[index];
  } else {
    out += make_status_line(status);
  }
}

}  // namespace

std::string_view DateClock::now() {
  const std::time_t second = std::time(nullptr);
  if (second != second_) {
    second_ = second;
    text_ = base::format_http_date(std::chrono::sys_seconds(std::chrono::seconds(second)));
  }
  return text_;
}

void append_head(std::string& out, const ResponseHead& head, const Framing& framing, Persistence persistence,
                 DateClock& clock) {
  append_status_line(out, head.status);
  if (!has_date(head.fields)) {
    out += "Date: ";
    out += clock.now();
    out += "\r\n";
  }
  out += head.fields;
  if (framing.content_length) {
    out += "Content-Length: ";
    base::append_number(out, *framing.content_length);
    out += "\r\n";
  } else if (framing.chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (persistence == Persistence::close) out += "Connection: close\r\n";
  if (persistence == Persistence::keep_alive) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

void append_interim_head(std::string& out, const ResponseHead& head) {
  append_status_line(out, head.status);
  out += head.fields;
  out += "\r\n";
}

}  // namespace pgw::http
