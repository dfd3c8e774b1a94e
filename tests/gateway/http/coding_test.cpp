#include "gateway/http/coding.h"

#include <array>
#include <brotli/decode.h>
#include <string>
#include <tuple>
#include <zlib.h>
#include <zstd.h>

#include "support/catch.h"

using namespace pgw::http;

namespace {

/// All that can be decoded of a gzip stream that may go on.
std::string gunzipped(std::string_view coded) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out(std::size_t{1} << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  stream.avail_in = static_cast<uInt>(coded.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_SYNC_FLUSH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string unbrotlied(std::string_view coded) {
  BrotliDecoderState* const state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
  std::string out(std::size_t{1} << 20U, '\0');
  std::size_t left = coded.size();
  std::size_t room = out.size();
  const auto* in = reinterpret_cast<const std::uint8_t*>(coded.data());
  auto* next = reinterpret_cast<std::uint8_t*>(out.data());
  BrotliDecoderDecompressStream(state, &left, &in, &room, &next, nullptr);
  BrotliDecoderDestroyInstance(state);
  out.resize(out.size() - room);
  return out;
}

std::string unzstded(std::string_view coded) {
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  std::string out(std::size_t{1} << 20U, '\0');
  ZSTD_inBuffer in{coded.data(), coded.size(), 0};
  ZSTD_outBuffer made{out.data(), out.size(), 0};
  while (in.pos < in.size && ZSTD_isError(ZSTD_decompressStream(context, &made, &in)) == 0) {
  }
  ZSTD_freeDCtx(context);
  out.resize(made.pos);
  return out;
}

std::string decoded(Coding coding, std::string_view coded) {
  if (coding == Coding::gzip) return gunzipped(coded);
  return coding == Coding::br ? unbrotlied(coded) : unzstded(coded);
}

std::string text_of(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += "item " + std::to_string(i * i) + ", ";
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("what is encoded is decoded as it was, whatever its size, the empty body too") {
  const auto coding = GENERATE(Coding::gzip, Coding::br, Coding::zstd);
  const auto effort = GENERATE(Effort::lasting, Effort::passing);
  for (const std::size_t size : {0U, 1U, 100U, 16'384U, 500'000U}) {
    CAPTURE(to_string(coding), size);
    const std::string text = text_of(size);
    const std::string coded = encoded(coding, effort, text);
    CHECK(decoded(coding, coded) == text);
    if (size > 1'000) CHECK(coded.size() < size / 2);
  }
}

TEST_CASE("each piece can be decoded as soon as it is encoded, and the end ends it") {
  const auto coding = GENERATE(Coding::gzip, Coding::br, Coding::zstd);
  CAPTURE(to_string(coding));
  const auto encoder = make_encoder(coding, Effort::passing);
  std::string coded;
  std::string text;
  for (const std::size_t size : {10U, 1U, 70'000U, 5U}) {
    text += text_of(size);
    encoder->append(coded, text_of(size));
    CHECK(decoded(coding, coded) == text);
  }
  const std::size_t open = coded.size();
  encoder->finish(coded);
  CHECK(coded.size() > open);
  CHECK(decoded(coding, coded) == text);
}

TEST_CASE("a client gets the coding that it gives the highest weight, of several the first that is offered") {
  constexpr std::array offered{Coding::br, Coding::zstd, Coding::gzip};
  const auto [accepted, coding, is_identity_refused] = GENERATE(table<std::string, std::string, bool>({
      {"gzip", "gzip", false},
      {"gzip, br;q=0.9", "gzip", false},
      {"gzip, br", "br", false},
      {"*", "br", false},
      {"*;q=0", "", true},
      {"br;q=0, *;q=0.1", "zstd", false},
      {"identity;q=0", "", true},
      {"identity;q=0, gzip;q=0.001", "gzip", true},
      {"gzip;q=0.2, identity;q=0.3", "", false},
      {"gzip;q=1.000", "gzip", false},
      {"gzip;q=0.0000", "", false},
      {"gzip;q=2", "", false},
      {"gzip;q=", "", false},
      {"gzip ; Q=0.5", "gzip", false},
      {"x-gzip", "gzip", false},
      {"deflate, compress", "", false},
      {"", "", false},
  }));
  CAPTURE(accepted);
  Fields fields;
  fields.add("accept-encoding", accepted);
  const auto preference = preferred_coding(fields, offered);
  CHECK((preference.coding ? to_string(*preference.coding) : "") == coding);
  CHECK(preference.is_identity_refused == is_identity_refused);
}

TEST_CASE("without Accept-Encoding, and where nothing is offered, there is no coding") {
  constexpr std::array offered{Coding::gzip};
  CHECK_FALSE(preferred_coding({}, offered).coding);
  Fields fields;
  fields.add("Accept-Encoding", "br");
  CHECK_FALSE(preferred_coding(fields, offered).coding);
  fields.add("Accept-Encoding", "gzip");  // a second line goes on with the list
  CHECK(preferred_coding(fields, offered).coding == Coding::gzip);
  CHECK_FALSE(preferred_coding(fields, {}).coding);
}
