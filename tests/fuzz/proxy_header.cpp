// The PROXY protocol. Promise: a header's verdict doesn't depend on how it was cut, and is final.
#include "gateway/http/proxy_header.h"

#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using pgw::http::ProxyHeader;
  const auto received = pgw::fuzz::text_of(data, size);
  const ProxyHeader whole = pgw::http::parse_proxy_header(received);
  pgw::fuzz::promise(whole.state != ProxyHeader::State::complete || (whole.size > 0 && whole.size <= size),
                     "a header is no longer than what came");
  for (std::size_t length = 0; length < size; ++length) {
    const ProxyHeader part = pgw::http::parse_proxy_header(received.substr(0, length));
    if (part.state == ProxyHeader::State::incomplete) continue;
    pgw::fuzz::promise(part.state == whole.state && part.size == whole.size && part.source == whole.source,
                       "what follows a verdict doesn't change it");
  }
  return 0;
}
