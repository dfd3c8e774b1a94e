#include "gateway/edge/response_head.h"

#include <array>
#include <cstdio>

#include "gateway/http/message.h"

namespace pgw::edge {
namespace {

// IMF-fixdate. Not strftime, whose names of days and months follow the process's locale.
std::string format_date(std::time_t second) {
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&second, &utc);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 days.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                                 months.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                                 utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

bool has_date(std::string_view fields) {
  static constexpr std::string_view name = "date:";
  while (!fields.empty()) {
    if (http::iequals(fields.substr(0, name.size()), name)) return true;
    const auto end = fields.find('\n');
    if (end == std::string_view::npos) return false;
    fields.remove_prefix(end + 1);
  }
  return false;
}

std::string make_status_line(int status) {
  std::string line = "HTTP/1.1 ";
  http::append_number(line, status);
  line += ' ';
  line += http::reason_phrase(status);
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
    text_ = format_date(second);
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
    http::append_number(out, *framing.content_length);
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

}  // namespace pgw::edge
