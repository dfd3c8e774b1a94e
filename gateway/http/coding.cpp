#include "gateway/http/coding.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "base/list.h"
#include "base/text.h"

namespace pgw::http {
namespace {

/// What an encoder puts out at a time.
constexpr std::size_t output_step = std::size_t{16} * 1024;

struct Weight {
  std::string_view name;
  int thousandths = 1'000;
};

/// "0", "0.5", "1.000" (RFC 9110 section 12.4.2); what is no weight counts as 0, so that nothing is sent by mistake.
int thousandths_of(std::string_view text) {
  if (text.empty() || (text.front() != '0' && text.front() != '1') || text.size() > 5) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int value = (text.front() - '0') * 1'000;
  int place = 100;
  for (std::size_t at = 2; at < text.size(); ++at, place /= 10) {
    if (!base::is_digit(text[at])) return 0;
    value += (text[at] - '0') * place;
  }
  return std::min(value, 1'000);
}

Weight weight_of(std::string_view element) {
  const auto semicolon = element.find(';');
  Weight weight{base::trim(element.substr(0, semicolon))};
  if (semicolon == std::string_view::npos) return weight;
  const auto parameter = base::trim(element.substr(semicolon + 1));
  if (base::iequals(parameter.substr(0, 2), "q=")) weight.thousandths = thousandths_of(base::trim(parameter.substr(2)));
  return weight;
}

/// What a client says of each coding; nothing of those that it doesn't name.
struct Accepted {
  std::array<std::optional<int>, coding_count> codings{};
  std::optional<int> identity;
  std::optional<int> any;

  void take(const Weight& weight) {
    if (base::iequals(weight.name, "identity")) identity = weight.thousandths;
    if (weight.name == "*") any = weight.thousandths;
    if (base::iequals(weight.name, "x-gzip")) codings[static_cast<std::size_t>(Coding::gzip)] = weight.thousandths;
    for (std::size_t i = 0; i < coding_count; ++i) {
      if (base::iequals(weight.name, to_string(static_cast<Coding>(i)))) codings[i] = weight.thousandths;
    }
  }
  int weight_of(Coding coding) const { return codings[static_cast<std::size_t>(coding)].value_or(any.value_or(0)); }
};

class GzipEncoder final : public Encoder {
 public:
  explicit GzipEncoder(Effort effort) {
    constexpr int gzip_window = 15 + 16;
    constexpr int memory_level = 8;
    const int level = effort == Effort::lasting ? 6 : 4;
    if (deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;
  ~GzipEncoder() override { deflateEnd(&stream_); }

  void append(std::string& out, std::string_view piece) override { run(out, piece, Z_SYNC_FLUSH); }
  void finish(std::string& out) override { run(out, {}, Z_FINISH); }

 private:
  void run(std::string& out, std::string_view piece, int flush) {
    // zlib counts in 32 bits.
    constexpr std::size_t most = std::size_t{1} << 30U;
    do {
      const auto part = piece.substr(0, most);
      piece.remove_prefix(part.size());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // NOLINT: zlib only reads there
      stream_.avail_in = static_cast<uInt>(part.size());
      do {
        const std::size_t size = out.size();
        out.resize(size + output_step);
        stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
        stream_.avail_out = static_cast<uInt>(output_step);
        deflate(&stream_, piece.empty() ? flush : Z_NO_FLUSH);
        out.resize(size + output_step - stream_.avail_out);
      } while (stream_.avail_out == 0);
    } while (!piece.empty());
  }

  z_stream stream_{};
};

class BrotliEncoder final : public Encoder {
 public:
  explicit BrotliEncoder(Effort effort) : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
    // What is kept deserves more work; what flows keeps no more than 256 KiB of itself.
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, effort == Effort::lasting ? 5 : 3);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, effort == Effort::lasting ? 22 : 18);
  }
  BrotliEncoder(const BrotliEncoder&) = delete;
  BrotliEncoder& operator=(const BrotliEncoder&) = delete;
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }

  void append(std::string& out, std::string_view piece) override { run(out, piece, BROTLI_OPERATION_FLUSH); }
  void finish(std::string& out) override { run(out, {}, BROTLI_OPERATION_FINISH); }

 private:
  void run(std::string& out, std::string_view piece, BrotliEncoderOperation operation) {
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(piece.data());
    std::size_t left = piece.size();
    // Input may be taken whole while its coding is still to be done: only a step that makes nothing is the last one.
    std::size_t size = 0;
    do {
      std::size_t no_room = 0;
      if (BrotliEncoderCompressStream(state_, operation, &left, &next_in, &no_room, nullptr, nullptr) == BROTLI_FALSE) {
        throw std::bad_alloc();
      }
      size = 0;
      const std::uint8_t* const made = BrotliEncoderTakeOutput(state_, &size);
      out.append(reinterpret_cast<const char*>(made), size);
    } while (left > 0 || size > 0);
  }

  BrotliEncoderState* const state_;
};

class ZstdEncoder final : public Encoder {
 public:
  explicit ZstdEncoder(Effort effort) : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, effort == Effort::lasting ? 6 : 3);
    // RFC 9659: no window of more than 8 MiB; what flows keeps no more than 256 KiB of itself.
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, effort == Effort::lasting ? 21 : 18);
  }
  ZstdEncoder(const ZstdEncoder&) = delete;
  ZstdEncoder& operator=(const ZstdEncoder&) = delete;
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }

  void append(std::string& out, std::string_view piece) override { run(out, piece, ZSTD_e_flush); }
  void finish(std::string& out) override { run(out, {}, ZSTD_e_end); }

 private:
  void run(std::string& out, std::string_view piece, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    std::size_t left = 0;
    do {
      const std::size_t size = out.size();
      out.resize(size + output_step);
      ZSTD_outBuffer made{out.data() + size, output_step, 0};
      left = ZSTD_compressStream2(context_, &made, &in, directive);
      out.resize(size + made.pos);
      if (ZSTD_isError(left) != 0) throw std::bad_alloc();
    } while (left > 0);
  }

  ZSTD_CCtx* const context_;
};

}  // namespace

std::string_view to_string(Coding coding) {
  static constexpr std::array<std::string_view, coding_count> names{"gzip", "br", "zstd"};
  return names[static_cast<std::size_t>(coding)];
}

CodingPreference preferred_coding(const Fields& request_fields, std::span<const Coding> offered) {
  Accepted accepted;
  for (const Field& field : request_fields) {
    if (!base::iequals(field.name, "accept-encoding")) continue;
    base::for_each_element(field.value, [&](std::string_view element) { accepted.take(weight_of(element)); });
  }
  CodingPreference preference;
  preference.is_identity_refused = accepted.identity.value_or(accepted.any.value_or(1)) == 0;
  int best = accepted.identity.value_or(0);
  // A coding that has the same weight as identity is the better one; a weight of 0 refuses it.
  for (const Coding coding : offered) {
    const int weight = accepted.weight_of(coding);
    const bool is_better = preference.coding ? weight > best : weight > 0 && weight >= best;
    if (!is_better) continue;
    best = weight;
    preference.coding = coding;
  }
  return preference;
}

std::unique_ptr<Encoder> make_encoder(Coding coding, Effort effort) {
  switch (coding) {
    case Coding::gzip:
      return std::make_unique<GzipEncoder>(effort);
    case Coding::br:
      return std::make_unique<BrotliEncoder>(effort);
    case Coding::zstd:
      return std::make_unique<ZstdEncoder>(effort);
  }
  return nullptr;
}

std::string encoded(Coding coding, Effort effort, std::string_view body) {
  std::string out;
  const auto encoder = make_encoder(coding, effort);
  encoder->append(out, body);
  encoder->finish(out);
  return out;
}

}  // namespace pgw::http
