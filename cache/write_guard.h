// A write on its way, and the promise that belongs to it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cache/fetch.h"
#include "cache/generations.h"
#include "cache/movements.h"
#include "cache/read.h"
#include "cache/tags.h"
#include "cache/time.h"

namespace pgw::cache {

class Cache;

// What became of the answer to a write that was to be stored as the answer to a read.
enum class PrimeResult {
  stored,
  not_alone,  // another write to the same tags, or a purge, fell into its time: who knows which came last
  refused,    // a response to that read with these fields would not be stored either, or it is too large
};

// Does a write that is answered so change nothing? True for 401, 403, 404, 405, 409, 410, 412, 415, 422 and 429 alone;
// and only of a write that was sent once: a repeated DELETE gets 404 after the first one took effect.
bool refuses_write(int status);

// A write on its way. Move-only. Until its end nothing of its tags is served that was fetched before it began; its end
// moves their generations.
class WriteGuard {
 public:
  WriteGuard() = default;
  ~WriteGuard();
  WriteGuard(WriteGuard&& other) noexcept;
  WriteGuard& operator=(WriteGuard&& other) noexcept;
  WriteGuard(const WriteGuard&) = delete;
  WriteGuard& operator=(const WriteGuard&) = delete;

  explicit operator bool() const { return cache_ != nullptr; }

  // More of what the write changes, known only now (Location, Content-Location; RFC 9111 4.4).
  void add(std::span<const Tag> tags);
  // The upstream has answered, with whatever status. To be called before the first byte of the answer goes to the
  // writer.
  void finish();
  // `finish`, for an answer that carries in full what `read` asks for: stores it as the answer to that, if it would be
  // stored as such and the write was alone. `read.request_headers` are the write's. Validators of the origin are left
  // out: of which representation they speak is not said. `sent`: when the write was sent, at the latest.
  PrimeResult finish_and_prime(const Read& read, Response&& response, TimePoint sent, TimePoint now);
  // The upstream has answered with one of `refuses_write`, and the write was sent once: what was stored before is
  // current again. To be called when `finish` would be.
  void finish_refused();
  // No answer: the write may take effect at any time before `until`.
  void finish_unknown(TimePoint until);

 private:
  friend class Cache;
  WriteGuard(Cache* cache, std::span<const Tag> tags, std::string_view by);
  void abandon();
  void note(Cache& cache, Mover mover) const;

  Cache* cache_ = nullptr;  // null once finished or moved from
  Generations::Write write_;
  std::uint64_t key_purges_ = 0;  // of the cache when the write began
  std::string by_;                // its request's id
};

}  // namespace pgw::cache
