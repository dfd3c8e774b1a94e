// Generations: how writes make stored reads stale, without looking for them.
//
// Every tag hashes to a slot with a generation. A write that ends moves the generations of its tags; whatever was
// fetched under another one is stale from then on. Two tags in one slot only make more stale than needed. A fixed
// table: O(tags) per operation, no lock, no growth. Generations come from one sequence, so that no two moves give the
// same.
//
// While a write is under way, only what was fetched since the last one of its slot began is current. Should the
// upstream refuse the write, no generation moves, and what was stored before is current again.
//
// A write of unknown outcome (timeout, lost connection) may take effect after its end. Its tags are unsettled until a
// given time: nothing fetched before that time under these tags is ever current.
//
// Slots count the writes under way. With that a write learns at its end whether it was alone: then, and only then, its
// answer tells what is there now. A refused one counts for nobody: it has changed nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cache/tags.h"
#include "cache/time.h"

namespace pgw::cache {

// What the generations of some tags were at an instant.
class Snapshot {
 public:
  Snapshot() = default;
  TimePoint taken_at() const { return taken_at_; }
  std::size_t heap_bytes() const { return marks_.heap_bytes(); }

 private:
  friend class Generations;
  struct Mark {
    std::uint32_t slot;
    std::uint32_t opened;  // which write of the slot had begun last
    std::uint64_t generation;
  };

  // One mark, which is what most reads have, needs no allocation.
  class Marks {
   public:
    Marks() = default;
    Marks(const Marks& other)
        : only_(other.only_), all_(other.all_ ? std::make_unique<std::vector<Mark>>(*other.all_) : nullptr) {}
    Marks(Marks&&) noexcept = default;
    Marks& operator=(const Marks& other) { return *this = Marks(other); }
    Marks& operator=(Marks&&) noexcept = default;
    ~Marks() = default;

    void push_back(Mark mark);
    const Mark* begin() const { return all_ ? all_->data() : &only_; }
    const Mark* end() const { return all_ ? all_->data() + all_->size() : &only_ + (only_.slot == kNoSlot ? 0 : 1); }
    std::size_t heap_bytes() const;

   private:
    static constexpr std::uint32_t kNoSlot = UINT32_MAX;
    Mark only_{kNoSlot, 0, 0};                // while there is one
    std::unique_ptr<std::vector<Mark>> all_;  // once there are more
  };

  TimePoint taken_at_{};
  std::uint64_t everything_ = 0;
  Marks marks_;
};

// Thread-safe; every operation is lock-free. A bump that happened before (in the sense of the C++ memory model, or by
// way of a socket) a call of `is_current` is seen by it.
class Generations {
 public:
  class Write;

  Generations();

  // To be taken before the fetch is sent.
  Snapshot snapshot(std::span<const Tag> tags, TimePoint now) const;

  // True when no tag moved since, no write to one of them that has begun since is under way, and the snapshot was taken
  // after the unsettled times of all of them.
  bool is_current(const Snapshot& snapshot) const;

  // What has ended a snapshot: the first thing that `is_current` finds. Of no interest while it is current.
  struct End {
    enum class Kind : std::uint8_t {
      none,
      everything_moved,
      moved,      // `slot`
      under_way,  // a write to `slot` that the snapshot doesn't follow
      unsettled,  // `slot`
    };
    Kind kind = Kind::none;
    std::uint32_t slot = 0;
  };
  End end_of(const Snapshot& snapshot) const;

  // Ties a snapshot to more tags, known only from what was fetched since. `began`: `sequence()` from before it was
  // taken. A tag that has moved since then makes the snapshot one that is not current.
  void tie(Snapshot& snapshot, std::span<const Tag> tags, std::uint64_t began) const;
  std::uint64_t sequence() const { return sequence_.load(); }
  // The same of `snapshot_after`: what the write itself has moved counts as it left it.
  void tie(Snapshot& snapshot, std::span<const Tag> tags, const Write& write) const;

  void bump(std::span<const Tag> tags);
  void bump_everything();

  // A write under way: to be ended exactly once by `end`, `end_refused` or `end_unknown`.
  class Write {
    friend class Generations;
    std::vector<Snapshot::Mark> marks_;  // one for each slot, as this write found it, or left it at its end
    std::uint64_t everything_ = 0;       // when it began, as the next
    std::uint64_t began_at_ = 0;         // of the sequence
    bool alone_ = true;
  };

  Write begin(std::span<const Tag> tags);
  // More tags, known only now.
  void extend(Write& write, std::span<const Tag> tags);
  // True if no other write to any of these tags that may have changed something, and no bump of them, fell into the
  // time since `begin`.
  bool end(Write& write);
  // The upstream has refused it: it has changed nothing, and never will.
  void end_refused(Write& write);
  // May take effect until `until`: the tags stay unsettled that long (a later time that is set already stays).
  void end_unknown(Write& write, TimePoint until);
  // Of a write that has ended: is current as long as nothing has come after it. All of `tags` must be the write's own.
  // `sent`: when it was sent, at the latest.
  Snapshot snapshot_after(const Write& write, std::span<const Tag> tags, TimePoint sent) const;

  bool unsettled(std::span<const Tag> tags, TimePoint now) const;

  // For whoever asks: by which number a tag goes here, which ones a write has, and how one stands.
  static std::uint32_t slot_of(const Tag& tag) { return static_cast<std::uint32_t>(tag.hash() % kSlots); }
  template <class Visit>
  static void for_each_slot(const Write& write, Visit visit) {
    for (const Snapshot::Mark& mark : write.marks_) visit(mark.slot);
  }
  struct Standing {
    std::uint32_t writes_under_way = 0;
    TimePoint unsettled_until;  // long ago unless a write of unknown outcome was lost
  };
  Standing standing(std::uint32_t slot) const;

  // What must outlive the process. Slots are numbered the same in every process of one version.
  struct Unsettled {
    std::uint32_t slot = 0;
    TimePoint until;
  };
  std::vector<Unsettled> unsettled_slots(TimePoint now) const;
  void restore(const Unsettled& unsettled);  // ignores a slot that there isn't
  // For writes that nobody will end any more.
  void unsettle_open_writes(TimePoint until);

 private:
  static constexpr std::size_t kSlots = 65536;
  struct Slot {
    std::atomic<std::uint64_t> generation{0};
    std::atomic<TimePoint::rep> unsettled_until{0};
    std::atomic<std::uint32_t> open{0};    // writes under way
    std::atomic<std::uint32_t> opened{0};  // the number of the last one that began
  };
  static constexpr std::uint64_t kMoved = UINT64_MAX;  // a generation that no slot ever has
  Slot& at(std::uint32_t slot) const { return (*slots_)[slot]; }
  std::uint64_t next() { return sequence_.fetch_add(1) + 1; }
  static void unsettle(Slot& slot, TimePoint until);

  std::atomic<std::uint64_t> everything_{0};
  std::atomic<std::uint64_t> sequence_{0};
  std::unique_ptr<std::array<Slot, kSlots>> slots_;
};

}  // namespace pgw::cache
