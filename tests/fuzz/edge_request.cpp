// The team listener's parser. Promise: however the packets are cut, the same bytes are the same requests.
#include <algorithm>

#include "base/text.h"
#include "gateway/http/request_parser.h"
#include "tests/fuzz/fuzz.h"

namespace {

using pgw::http::RequestParser;

void tell(std::string& out, const pgw::http::Request& request) {
  for (const std::string* part : {&request.method, &request.target, &request.path, &request.query, &request.host}) {
    out.append(*part).append("\n");
  }
  for (const auto& field : request.fields) out.append(field.name).append(":").append(field.value).append("\n");
}

/// Everything that is read from the bytes, which arrive `step` at a time.
std::string told(std::string_view bytes, std::size_t step) {
  const pgw::http::Limits limits{.max_body = 4096, .max_header = 4096, .max_target = 1024, .max_fields = 32};
  std::string out;
  pgw::http::Request request;
  RequestParser parser;
  parser.begin(request, limits);
  std::size_t from = 0;
  std::size_t arrived = std::min(step, bytes.size());
  for (;;) {
    std::size_t consumed = 0;
    const auto event = parser.feed(bytes.substr(from, arrived - from), consumed);
    from += consumed;
    pgw::fuzz::promise(from <= arrived, "no more is consumed than there was");
    if (event == RequestParser::Event::need_more) {
      if (arrived == bytes.size()) return out + "waits\n";
      arrived = std::min(arrived + step, bytes.size());
      continue;
    }
    if (event == RequestParser::Event::rejected) {
      return out.append("rejected ").append(parser.malformation().reason).append("\n");
    }
    if (event == RequestParser::Event::head) tell(out, request);
    if (event == RequestParser::Event::head && parser.has_body()) continue;
    out.append("body ").append(request.body).append(parser.keep_alive() ? "\nstays\n" : "\ncloses\n");
    if (!parser.keep_alive()) return out;
    request.clear();
    parser.begin(request, limits);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = pgw::fuzz::text_of(data, size);
  const std::string whole = told(bytes, std::max<std::size_t>(bytes.size(), 1));
  for (const std::size_t step : {1, 7}) pgw::fuzz::promise(told(bytes, step) == whole, "packets don't matter");
  return 0;
}
