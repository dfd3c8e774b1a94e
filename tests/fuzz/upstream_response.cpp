// What the upstream answers. Promise: however the packets are cut, the same bytes are the same responses.
#include <algorithm>

#include "gateway/upstream/response_reader.h"
#include "tests/fuzz/fuzz.h"

namespace {

using pgw::upstream::ResponseReader;

/// Everything that is read from the bytes, which arrive `step` at a time, as answers to requests of one connection.
/// Each begins where the one before has ended: that it isn't taken for an answer is the client's matter.
std::string told(std::string_view bytes, std::size_t step, bool is_head) {
  using Event = ResponseReader::Event;
  std::string out;
  ResponseReader reader;
  reader.begin(is_head);
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    const std::size_t offered = piece.size();
    Event event = Event::more;
    do {
      event = reader.next(piece);
      switch (event) {
        case Event::more:
          pgw::fuzz::promise(piece.empty(), "a reader that wants more has used what there was");
          break;
        case Event::interim:
        case Event::head:
          out.append(std::to_string(reader.status())).append("\n");
          for (const auto& field : reader.fields()) out.append(field.name).append(":").append(field.value).append("\n");
          break;
        case Event::content:
          out += reader.content();
          break;
        case Event::end:
          out += reader.may_persist() ? "\nstays\n" : "\ncloses\n";
          if (!reader.may_persist()) return out;
          reader.begin(is_head);
          break;
        case Event::malformed:
          return out + "\nmalformed\n";
        case Event::oversized:
          return out + "\noversized\n";
      }
    } while (event != Event::more && (!piece.empty() || event != Event::end));
    bytes.remove_prefix(offered - piece.size());
  }
  return out + (reader.may_end_here() ? "\nends\n" : "\nwaits\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = pgw::fuzz::text_of(data, size);
  for (const bool is_head : {false, true}) {
    const std::string whole = told(bytes, std::max<std::size_t>(bytes.size(), 1), is_head);
    for (const std::size_t step : {1, 7})
      pgw::fuzz::promise(told(bytes, step, is_head) == whole, "packets don't matter");
  }
  return 0;
}
