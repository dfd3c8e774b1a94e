// The cache as a stream of bytes: "PGWCACHE", the fingerprint of the format in 64 bits, and then frames.
//
// A frame is the length of its content in 32 bits, a 64-bit checksum of the content and of the frame's place in the
// stream, and the content, whose first byte says what it is: the head, an entry, an unsettled slot, or the end, which
// tells how many frames came before it. So nothing can be changed, left out, repeated or cut off unnoticed.
#include <algorithm>
#include <istream>
#include <ostream>

#include <xxhash.h>

#include "cache/bytes.h"
#include "cache/cache.h"

namespace pgw::cache {
namespace {

constexpr std::string_view kMagic = "PGWCACHE";
// The fingerprint of keys, tags, slots, entries and frames. tests/cache/archive_test.cpp computes the fingerprint from
// samples and compares both: a change of any format changes this number to the one that the test tells.
constexpr std::uint64_t kFormat = 0xadbd'cf7e'17fc'a6ca;
constexpr std::size_t kFrameHead = 12;  // length and checksum

enum class Content : std::uint8_t { head = 'H', entry = 'E', unsettled = 'U', end = 'Z' };

std::uint64_t checksum(std::string_view content, std::uint64_t place) {
  return XXH3_64bits_withSeed(content.data(), content.size(), place);
}

class FrameWriter {
 public:
  explicit FrameWriter(std::ostream& out) : out_(out) {}

  // The content's first byte is written; the caller goes on.
  ByteWriter& begin(Content content) {
    content_.clear();
    content_.u8(static_cast<std::uint8_t>(content));
    return content_;
  }
  void end() {
    ByteWriter head;
    head.u32(static_cast<std::uint32_t>(content_.bytes().size()));
    head.u64(checksum(content_.bytes(), frames_++));
    put(head.bytes());
    put(content_.bytes());
  }
  void put(std::string_view bytes) { out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); }
  std::uint64_t frames() const { return frames_; }

 private:
  std::ostream& out_;
  ByteWriter content_;
  std::uint64_t frames_ = 0;
};

class FrameReader {
 public:
  explicit FrameReader(std::istream& in) : in_(in) {
    in_.clear();
    in_.seekg(0, std::ios::end);
    left_ = static_cast<std::size_t>(std::max<std::streamoff>(in_.tellg(), 0));
    in_.seekg(0);
  }

  // Valid until the next call; empty at a frame that is cut off or changed.
  std::string_view take(std::size_t size) {
    if (size > left_) return {};
    buffer_.resize(size);
    in_.read(buffer_.data(), static_cast<std::streamsize>(size));
    left_ -= size;
    return in_ ? std::string_view(buffer_) : std::string_view{};
  }
  std::string_view next() {
    ByteReader head(take(kFrameHead));
    const std::uint32_t size = head.u32();
    const std::uint64_t wanted = head.u64();
    if (!head.good()) return {};
    const std::string_view content = take(size);
    return checksum(content, frames_++) == wanted ? content : std::string_view{};
  }
  std::uint64_t frames() const { return frames_; }
  bool at_end() const { return left_ == 0; }

 private:
  std::istream& in_;
  std::size_t left_ = 0;
  std::string buffer_;
  std::uint64_t frames_ = 0;
};

TimePoint time_of(std::int64_t ticks) {
  return TimePoint(Duration(ticks));
}

// Times in the file are the wall clock's, since the cache's own clock begins anew with each process.
std::int64_t wall_ticks(TimePoint time, Duration wall_ahead) {
  return (time + wall_ahead).time_since_epoch().count();
}

void write_entry(ByteWriter& out, const Entry& entry, Duration wall_ahead) {
  out.text(entry.key);
  out.u32(entry.status);
  out.text(entry.headers);
  std::string selected_by;
  for (const Header& header : entry.vary().request_fields()) append_line(selected_by, header.name, header.value);
  out.text(selected_by);
  out.text(entry.body);
  out.text(entry.etag);
  out.u8(entry.etag_from_origin ? 1 : 0);
  out.text(entry.last_modified);
  out.i64(wall_ticks(entry.snapshot.taken_at(), wall_ahead));
  out.i64(wall_ticks(entry.response_time, wall_ahead));
  out.i64(entry.initial_age.count());
  const Freshness& freshness = entry.freshness;
  out.i64(freshness.lifetime.value.count());
  out.u8(static_cast<std::uint8_t>(freshness.lifetime.source));
  out.i64(freshness.stale_while_revalidate.count());
  out.i64(freshness.stale_if_error.count());
  out.u8(freshness.no_cache ? 1 : 0);
  out.u8(freshness.stale_forbidden ? 1 : 0);
  out.u8(freshness.for_everyone ? 1 : 0);
  out.text(entry.tags);
}

// An entry with all but its snapshot, which is to be taken as of `sent`.
struct Archived {
  std::shared_ptr<Entry> entry;
  TimePoint sent;
};

Archived read_entry(ByteReader& in, Duration wall_ahead) {
  EntryTexts texts;
  texts.key = in.text();
  const auto status = static_cast<std::uint16_t>(in.u32());
  texts.headers = in.text();
  const std::string_view selected_by = in.text();
  texts.body = in.text();
  texts.etag = in.text();
  const bool etag_from_origin = in.u8() != 0;
  texts.last_modified = in.text();
  const TimePoint sent = time_of(in.i64()) - wall_ahead;
  const TimePoint response_time = time_of(in.i64()) - wall_ahead;
  const Duration initial_age{in.i64()};
  Freshness freshness;
  freshness.lifetime.value = Duration(in.i64());
  freshness.lifetime.source = static_cast<LifetimeSource>(in.u8());
  freshness.stale_while_revalidate = Duration(in.i64());
  freshness.stale_if_error = Duration(in.i64());
  freshness.no_cache = in.u8() != 0;
  freshness.stale_forbidden = in.u8() != 0;
  freshness.for_everyone = in.u8() != 0;
  texts.tags = in.text();

  auto entry = allocate_entry(texts);
  entry->status = status;
  entry->etag_from_origin = etag_from_origin;
  entry->response_time = response_time;
  entry->initial_age = initial_age;
  entry->freshness = freshness;
  entry->select_by(Vary(parse_block(texts.headers), parse_block(selected_by)));
  return {std::move(entry), sent};
}

// Could it ever be served or revalidated again?
bool is_of_use(const Entry& entry, TimePoint now) {
  const Freshness& freshness = entry.freshness;
  const Duration window = std::max(freshness.stale_while_revalidate, freshness.stale_if_error);
  return entry.has_validator() || entry.ttl(now) + window > Duration::zero();
}

bool is_of(const Entry& entry, std::string_view upstream) {
  const auto parts = parse_key(entry.key);
  return parts && parts->upstream == upstream;
}

ArchiveFault check_head(std::string_view content, const ArchiveIdentity& identity, TimePoint wall_time) {
  ByteReader head(content);
  if (head.u8() != static_cast<std::uint8_t>(Content::head)) return ArchiveFault::damaged;
  const std::string_view contract = head.text();
  const std::string_view upstream = head.text();
  const TimePoint saved_at = time_of(head.i64());
  if (!head.at_end()) return ArchiveFault::damaged;
  if (contract != identity.contract) return ArchiveFault::other_contract;
  if (upstream != identity.upstream) return ArchiveFault::other_upstream;
  return saved_at > wall_time ? ArchiveFault::from_the_future : ArchiveFault::none;
}

// Goes through the whole stream and gives each frame between head and end to `visit`.
template <class Visit>
ArchiveFault read_frames(std::istream& in, const ArchiveIdentity& identity, TimePoint wall_time, Visit visit) {
  FrameReader reader(in);
  if (reader.take(kMagic.size()) != kMagic) return ArchiveFault::not_an_archive;
  ByteReader format(reader.take(sizeof kFormat));
  if (format.u64() != kFormat) return format.good() ? ArchiveFault::other_format : ArchiveFault::damaged;
  if (const ArchiveFault fault = check_head(reader.next(), identity, wall_time); fault != ArchiveFault::none)
    return fault;
  for (;;) {
    const std::uint64_t before = reader.frames();
    ByteReader content(reader.next());
    const auto kind = static_cast<Content>(content.u8());
    if (!content.good()) return ArchiveFault::damaged;
    if (kind == Content::end) {
      return content.u64() == before && content.at_end() && reader.at_end() ? ArchiveFault::none
                                                                            : ArchiveFault::damaged;
    }
    if (!visit(kind, content)) return ArchiveFault::damaged;
  }
}

}  // namespace

std::uint64_t archive_format() {
  return kFormat;
}

std::string_view to_string(ArchiveFault fault) {
  switch (fault) {
    case ArchiveFault::none:
      return "";
    case ArchiveFault::not_an_archive:
      return "it is no saved cache";
    case ArchiveFault::other_format:
      return "a program that keeps its cache in another form wrote it";
    case ArchiveFault::other_contract:
      return "it was saved under another API description";
    case ArchiveFault::other_upstream:
      return "it was saved for another upstream or credential";
    case ArchiveFault::from_the_future:
      return "it was saved later than now: the clock was set back, and ages can't be told";
    case ArchiveFault::damaged:
      return "it is damaged";
  }
  return "";
}

Saved Cache::save(std::ostream& out, const ArchiveIdentity& identity, TimePoint now,
                  const std::function<bool()>& may_go_on) {
  const Duration wall_ahead = wall_ahead_;
  generations_.unsettle_open_writes(now + unknown_write_time_.load());
  std::vector<Store::Info> infos;
  store_.for_each([&](const Store::Info& info) {
    const bool is_current_one = !info.mark.is_set() && is_current(info.entry->snapshot);
    const Entry& entry = *info.entry;
    const bool may_be_written = is_of(entry, identity.upstream) && !entry.vary().holds_secrets();
    if (is_current_one && is_of_use(entry, now) && may_be_written) infos.push_back(info);
  });
  std::sort(infos.begin(), infos.end(), [](const Store::Info& a, const Store::Info& b) {
    return a.hits != b.hits ? a.hits > b.hits : a.entry->response_time > b.entry->response_time;
  });

  FrameWriter frames(out);
  frames.put(kMagic);
  ByteWriter format;
  format.u64(kFormat);
  frames.put(format.bytes());
  ByteWriter& head = frames.begin(Content::head);
  for (const std::string* text : {&identity.contract, &identity.upstream}) head.text(*text);
  head.i64(wall_ticks(now, wall_ahead));
  frames.end();
  for (const Generations::Unsettled& unsettled : generations_.unsettled_slots(now)) {
    ByteWriter& content = frames.begin(Content::unsettled);
    content.u32(unsettled.slot);
    content.i64(wall_ticks(unsettled.until, wall_ahead));
    frames.end();
  }
  Saved saved;
  for (const Store::Info& info : infos) {
    if (!out || !may_go_on()) break;
    write_entry(frames.begin(Content::entry), *info.entry, wall_ahead);
    frames.end();
    ++saved.entries;
  }
  const std::uint64_t before = frames.frames();
  frames.begin(Content::end).u64(before);
  frames.end();
  saved.is_all = saved.entries == infos.size();
  return saved;
}

Restored Cache::restore(std::istream& in, const ArchiveIdentity& identity, TimePoint now) {
  Restored restored;
  const Duration wall_ahead = wall_ahead_;
  const auto check = [wall_ahead](Content kind, ByteReader& content) {
    if (kind == Content::entry) read_entry(content, wall_ahead);
    if (kind == Content::unsettled) {
      content.u32();
      content.i64();
    }
    return content.at_end();
  };
  restored.fault = read_frames(in, identity, now + wall_ahead, check);
  if (restored.fault != ArchiveFault::none) return restored;

  const auto take_over = [&](Content kind, ByteReader& content) {
    if (kind == Content::unsettled) {
      const std::uint32_t slot = content.u32();
      generations_.restore({slot, time_of(content.i64()) - wall_ahead});
      return true;
    }
    const auto [entry, sent] = read_entry(content, wall_ahead);
    entry->snapshot = generations_.snapshot(split_tags(entry->tags), sent);
    // The most used come first: what would push them out again stays outside.
    if (entry->response_time <= now && store_.evictions() == 0 && store_.insert(entry)) ++restored.entries;
    return true;
  };
  restored.fault = read_frames(in, identity, now + wall_ahead, take_over);
  if (restored.fault != ArchiveFault::none) store_.erase_if([](const Entry&) { return true; });
  return restored;
}

}  // namespace pgw::cache
