// What an upstream answers. The input's first byte says whether the request was HEAD. Promise: wherever the bytes are
// cut, they are the same responses, and what is behind a response is left.
#include "gateway/upstream/response_reader.h"

#include <utility>

#include "tests/fuzz/fuzz.h"

namespace {

using pgw::upstream::ResponseReader;

/// Everything that is read of one response and its interim ones, from bytes that arrive in two pieces.
std::string told(std::string_view bytes, std::size_t cut, bool is_head_request) {
  using Event = ResponseReader::Event;
  std::string out;
  std::string content;
  ResponseReader reader;
  reader.begin(is_head_request);
  std::string_view input = bytes.substr(0, cut);
  std::string_view later = bytes.substr(cut);
  for (;;) {
    const std::size_t before = input.size();
    const Event event = reader.next(input);
    pgw::fuzz::promise(input.size() <= before, "no more is used than there was");
    switch (event) {
      case Event::more:
        if (input.empty() && !later.empty()) {
          input = std::exchange(later, {});
          continue;
        }
        pgw::fuzz::promise(input.empty(), "whoever wants more has used what there was");
        return out + content + (reader.may_end_here() ? "\nmay end\n" : "\nwaits\n");
      case Event::interim:
      case Event::head:
        pgw::fuzz::promise(reader.status() >= 100 && reader.status() <= 999, "a status has three digits");
        pgw::fuzz::promise((event == Event::head) == (reader.status() >= 200), "interim responses are below 200");
        out.append(std::to_string(reader.status())).append("\n");
        for (const auto& field : reader.fields()) out.append(field.name).append(":").append(field.value).append("\n");
        continue;
      case Event::content:
        content += reader.content();
        continue;
      case Event::end:
        out.append(content).append(reader.may_persist() ? "\nstays " : "\ncloses ");
        return out + std::to_string(input.size() + later.size());
      case Event::malformed:
      case Event::oversized:
        return out + (event == Event::malformed ? "malformed" : "oversized");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = pgw::fuzz::text_of(data, size).substr(1);
  const bool is_head_request = data[0] == 'H';
  const std::string whole = told(bytes, bytes.size(), is_head_request);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    pgw::fuzz::promise(told(bytes, cut, is_head_request) == whole, "packets don't matter");
  }
  return 0;
}
