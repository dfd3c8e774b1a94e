#include "gateway/access/new_key.h"

#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>

#include <openssl/rand.h>

#include "base/hex.h"
#include "gateway/access/key_ring.h"

namespace pgw::access {
namespace {

constexpr std::size_t key_bytes = 32;

/// Random bytes that are overwritten when they go.
template <std::size_t Size>
class RandomBytes {
 public:
  RandomBytes() {
    if (RAND_bytes(bytes_.data(), static_cast<int>(Size)) != 1) {
      throw std::runtime_error("the operating system gives no random numbers");
    }
  }
  RandomBytes(const RandomBytes&) = delete;
  RandomBytes& operator=(const RandomBytes&) = delete;
  ~RandomBytes() { config::wipe(bytes_.data(), Size); }

  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  std::array<std::uint8_t, Size> bytes_{};
};

/// base64url without padding (RFC 4648 section 5), appended.
void append_base64url(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8U | byte;
    for (held += 8; held >= 6; held -= 6) out += alphabet[bits >> (held - 6) & 0x3fU];
  }
  if (held > 0) out += alphabet[bits << (6 - held) & 0x3fU];
}

config::Secret random_key() {
  std::string text;
  text.reserve(key_prefix.size() + (key_bytes * 4 + 2) / 3);  // never reallocated: no copy stays behind
  text += key_prefix;
  append_base64url(text, RandomBytes<key_bytes>().bytes());
  config::Secret key(text);
  config::wipe(text.data(), text.size());
  return key;
}

}  // namespace

NewKey new_key(std::string_view team, std::vector<config::Scope> scopes,
               std::optional<std::chrono::sys_seconds> expires) {
  if (const auto fault = config::team_fault(team); !fault.empty()) throw std::invalid_argument(fault);
  NewKey made;
  made.key = random_key();
  // An id may be as long as a team's name, so the team's part gives way.
  constexpr std::size_t suffix = 9;
  made.entry.id = std::string(team.substr(0, config::max_name - suffix)) + "-";
  base::append_hex(made.entry.id, RandomBytes<4>().bytes());
  made.entry.team = team;
  made.entry.sha256 = digest_of(made.key.reveal());
  made.entry.scopes = std::move(scopes);
  made.entry.expires = expires;
  made.yaml = config::entry_yaml(made.entry);
  return made;
}

}  // namespace pgw::access
