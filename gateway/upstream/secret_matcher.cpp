#include "gateway/upstream/secret_matcher.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/hex.h"

namespace pgw::upstream {
namespace {

constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t longest_token = 6;  // a backslash, "u" and four digits
constexpr std::size_t stride_slots = 4096;

constexpr std::uint8_t byte_of(char c) {
  return static_cast<std::uint8_t>(c);
}

/// What of the Base64 of (`before` unknown bytes, `secret`, anything) depends on the secret alone.
std::string base64_of(std::string_view secret, std::size_t before, std::string_view last_two) {
  std::string alphabet(base64_letters);
  alphabet += last_two;
  std::string bytes(before, '\0');
  bytes += secret;
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t end = bytes.size() * 8 / 6;
  bytes.append(2, '\0');
  std::string out;
  for (std::size_t i = first; i < end; ++i) {
    const std::size_t bit = i * 6;
    const unsigned pair = byte_of(bytes[bit / 8]) * 256U + byte_of(bytes[bit / 8 + 1]);
    out += alphabet[(pair >> (10 - bit % 8)) & 63U];
  }
  config::wipe(bytes.data(), bytes.size());
  return out;
}

struct Token {
  std::size_t size = 0;  // 0: none
  char meaning = 0;
};

/// The encoded character that begins at `at`.
Token token_at(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  if (rest.size() >= 3 && rest[0] == '%') {
    const int value = base::hex_byte(rest[1], rest[2]);
    return value < 0 ? Token{} : Token{3, static_cast<char>(value)};
  }
  if (rest.size() < 2 || rest[0] != '\\') return {};
  if (rest[1] == '/' || rest[1] == '"' || rest[1] == '\\') return {2, rest[1]};
  if (rest.size() < longest_token || rest[1] != 'u' || rest[2] != '0' || rest[3] != '0') return {};
  const int value = base::hex_byte(rest[4], rest[5]);
  return value < 0 ? Token{} : Token{longest_token, static_cast<char>(value)};
}

/// The same, of one that ends at `end`. Up to three ways to read it.
template <typename Visit>
void for_each_token_ending_at(std::string_view text, std::size_t end, const Visit& visit) {
  for (const std::size_t size : {std::size_t{2}, std::size_t{3}, longest_token}) {
    if (size > end) continue;
    const char begin = text[end - size];
    if (begin != '\\' && begin != '%') continue;
    const Token token = token_at(text.substr(0, end), end - size);
    if (token.size == size) visit(token);
  }
}

/// Base64 of a few characters alone would be found in every text. What is not taken is overwritten.
void add_pattern(std::vector<std::string>& patterns, std::string pattern) {
  constexpr std::size_t tells_something = 8;
  const bool is_too_short = !patterns.empty() && pattern.size() < std::min(tells_something, patterns.front().size());
  if (is_too_short || std::ranges::find(patterns, pattern) != patterns.end()) {
    config::wipe(pattern.data(), pattern.size());
    return;
  }
  patterns.push_back(std::move(pattern));
}

std::size_t slot_of(const char* two) {
  return (byte_of(two[0]) * 31U + byte_of(two[1])) % stride_slots;
}

}  // namespace

/// Whether more characters could make an encoded one of this.
bool is_begun_token(std::string_view text) {
  constexpr std::string_view escape = "\\u00";
  const auto is_hex = [](char c) { return base::hex_value(c) >= 0; };
  if (text.front() == '%') return text.size() == 1 || (text.size() == 2 && is_hex(text[1]));
  if (text.size() <= escape.size()) return escape.starts_with(text);
  return text.size() < longest_token && text.starts_with(escape) && is_hex(text[escape.size()]);
}

/// For the last few characters, the set of all beginnings of patterns that end there: an encoded character continues
/// what ended where it began.
class SecretMatcher::Run {
 public:
  static constexpr std::size_t nowhere = std::string_view::npos;

  Run(const SecretMatcher& matcher, std::string_view text) : matcher_(matcher), text_(text) {
    for (auto& state : states_) state.set.assign(matcher.words_, 0);
  }

  /// Begins anew: nothing before `at` belongs to what may follow.
  void begin(std::size_t at) {
    begin_ = at;
    for (auto& state : states_) clear(state);
  }

  /// Takes the character at `at`, each in turn. True if a pattern is complete with it.
  bool step(std::size_t at) {
    State& now = state_of(at);
    clear(now);
    advance(now, at, text_[at]);
    for_each_token_ending_at(text_.substr(begin_), at + 1 - begin_,
                             [&](const Token& token) { advance(now, at + 1 - token.size, token.meaning); });
    for (std::size_t word = 0; word < matcher_.words_; ++word) {
      if ((now.set[word] & matcher_.lasts_[word]) != 0) return true;
    }
    return false;
  }

  /// Where the earliest of what may go on behind `at` has begun.
  std::size_t open_since(std::size_t at) { return at < begin_ ? nowhere : state_of(at).since; }

  bool has_completed(std::size_t at, std::size_t last_bit) {
    return ((state_of(at).set[last_bit / 64] >> (last_bit % 64)) & 1U) != 0;
  }

 private:
  struct State {
    Set set;
    std::size_t since = nowhere;
  };

  State& state_of(std::size_t at) { return states_[at % states_.size()]; }

  static void clear(State& state) {
    std::ranges::fill(state.set, 0);
    state.since = nowhere;
  }

  /// What ended before `token`, and whatever begins with it, by one character.
  void advance(State& now, std::size_t token, char c) {
    const State* const then = token > begin_ ? &states_[(token - 1) % states_.size()] : nullptr;
    const std::uint64_t* const places = matcher_.places_.data() + byte_of(c) * matcher_.words_;
    std::uint64_t carry = 0;
    std::uint64_t any = 0;
    for (std::size_t word = 0; word < matcher_.words_; ++word) {
      const std::uint64_t old = then == nullptr ? 0 : then->set[word];
      const std::uint64_t next = ((old << 1U) | carry | matcher_.firsts_[word]) & places[word];
      now.set[word] |= next;
      any |= next;
      carry = old >> 63U;
    }
    if (any != 0) now.since = std::min({now.since, token, then == nullptr ? nowhere : then->since});
  }

  const SecretMatcher& matcher_;
  const std::string_view text_;
  std::size_t begin_ = 0;
  std::array<State, longest_token + 1> states_;
};

SecretMatcher::SecretMatcher(std::string_view secret) {
  if (secret.empty()) return;
  std::vector<std::string> patterns;
  add_pattern(patterns, std::string(secret));
  for (std::size_t before = 0; before < 3; ++before) {
    add_pattern(patterns, base64_of(secret, before, "+/"));
    add_pattern(patterns, base64_of(secret, before, "-_"));
  }
  keep(patterns);
  for (std::string& pattern : patterns) config::wipe(pattern.data(), pattern.size());
  prepare();
}

SecretMatcher::~SecretMatcher() {
  config::wipe(places_.data(), places_.size() * sizeof(std::uint64_t));
}

void SecretMatcher::keep(const std::vector<std::string>& patterns) {
  std::string text;
  std::size_t size = 0;
  for (const std::string& pattern : patterns) size += pattern.size();
  text.reserve(size);  // so that it stands in one place alone
  for (const std::string& pattern : patterns) text += pattern;
  text_ = config::Secret(text);
  config::wipe(text.data(), text.size());
  std::string_view rest = text_.reveal();
  for (const std::string& pattern : patterns) {
    patterns_.push_back(rest.substr(0, pattern.size()));
    rest.remove_prefix(pattern.size());
  }
}

void SecretMatcher::prepare() {
  std::size_t bits = 0;
  shortest_ = patterns_.front().size();
  for (const auto& pattern : patterns_) {
    bits += pattern.size();
    shortest_ = std::min(shortest_, pattern.size());
    longest_ = std::max(longest_, pattern.size());
  }
  words_ = (bits + 63) / 64;
  places_.assign(256 * words_, 0);
  firsts_.assign(words_, 0);
  lasts_.assign(words_, 0);
  const auto mark = [](std::uint64_t* set, std::size_t bit) { set[bit / 64] |= std::uint64_t{1} << (bit % 64); };
  // Two characters that stand nowhere within the first `shortest_` of any pattern end none there.
  strides_.assign(stride_slots,
                  static_cast<std::uint8_t>(std::min<std::size_t>(std::max<std::size_t>(shortest_, 1) - 1, 255)));
  std::size_t bit = 0;
  for (const auto& pattern : patterns_) {
    mark(firsts_.data(), bit);
    for (std::size_t i = 0; i < pattern.size(); ++i, ++bit) {
      mark(places_.data() + byte_of(pattern[i]) * words_, bit);
      is_of_secret_[byte_of(pattern[i])] = true;
      if (i == 0 || i >= shortest_) continue;
      auto& stride = strides_[slot_of(pattern.data() + i - 1)];
      stride = static_cast<std::uint8_t>(std::min<std::size_t>(stride, shortest_ - 1 - i));
    }
    mark(lasts_.data(), bit - 1);
  }
}

bool SecretMatcher::may_contain_plain(std::string_view text) const {
  if (text.size() < shortest_) return false;
  if (shortest_ < 2) return true;
  for (std::size_t at = shortest_ - 1; at < text.size();) {
    const std::size_t stride = strides_[slot_of(text.data() + at - 1)];
    if (stride != 0) {
      at += stride;
      continue;
    }
    const auto window = text.substr(at + 1 - shortest_, shortest_);
    for (const auto& pattern : patterns_) {
      if (std::memcmp(window.data(), pattern.data(), shortest_) == 0) return true;
    }
    ++at;
  }
  return false;
}

bool SecretMatcher::may_contain_encoded(std::string_view text) const {
  for (const char mark : {'%', '\\'}) {
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
      const Token token = token_at(text, at);
      if (token.size != 0 && is_of_secret_[byte_of(token.meaning)]) return true;
    }
  }
  return false;
}

bool SecretMatcher::may_occur_in(std::string_view text) const {
  return !empty() && text.size() >= shortest_ && (may_contain_plain(text) || may_contain_encoded(text));
}

bool SecretMatcher::occurs_in(std::string_view text) const {
  if (!may_occur_in(text)) return false;
  Run run(*this, text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (run.step(at)) return true;
  }
  return false;
}

void SecretMatcher::mask(std::string& text) const {
  if (!may_occur_in(text)) return;
  Run run(*this, text);
  std::size_t clean_from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!run.step(at)) continue;
    std::size_t begin = at + 1;
    std::size_t last_bit = 0;
    for (const auto& pattern : patterns_) {
      last_bit += pattern.size();
      if (!run.has_completed(at, last_bit - 1)) continue;
      const auto rest = std::string_view(text).substr(clean_from);
      begin = std::min(begin, clean_from + begin_of(rest, at + 1 - clean_from, pattern));
    }
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(at + 1),
              '*');
    clean_from = at + 1;
    run.begin(clean_from);
  }
}

/// Where the longest occurrence of a pattern begins that ends at `end`; there is one.
std::size_t SecretMatcher::begin_of(std::string_view text, std::size_t end, std::string_view pattern) const {
  std::vector<std::size_t> ends{end};
  std::vector<std::size_t> begins;
  for (auto c = pattern.rbegin(); c != pattern.rend(); ++c) {
    begins.clear();
    for (const auto at : ends) {
      if (at > 0 && text[at - 1] == *c) begins.push_back(at - 1);
      for_each_token_ending_at(text, at, [&](const Token& token) {
        if (token.meaning == *c) begins.push_back(at - token.size);
      });
    }
    std::ranges::sort(begins);
    begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
    ends.swap(begins);
  }
  return ends.empty() ? end : ends.front();
}

std::size_t SecretMatcher::open_end(std::string_view text) const {
  if (empty() || text.empty()) return 0;
  text.remove_prefix(text.size() - std::min(text.size(), longest_ * longest_token - 1));
  Run run(*this, text);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (run.step(at)) run.begin(at + 1);
  }
  std::size_t since = std::min(text.size(), run.open_since(text.size() - 1));
  for (std::size_t at = text.size() - std::min(text.size(), longest_token - 1); at < text.size(); ++at) {
    if (text[at] != '%' && text[at] != '\\') continue;
    if (!is_begun_token(text.substr(at))) continue;
    since = std::min({since, at, at == 0 ? at : run.open_since(at - 1)});
  }
  return text.size() - since;
}

}  // namespace pgw::upstream
