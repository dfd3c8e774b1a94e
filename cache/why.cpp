// What is stored, and why it stands as it does: for an operator. Nothing here counts as a use.
#include <algorithm>

#include "cache/cache.h"
#include "cache/standing.h"

namespace pgw::cache {

void Cache::for_each(const std::function<void(const EntryInfo&)>& visit) const {
  store_.for_each([&](const Store::Info& info) {
    const bool is_current_one = !info.mark.is_set() && is_current(info.entry->snapshot);
    const StaleReason stale = is_current_one ? StaleReason::none : why_not_current(*info.entry, info.mark);
    visit({*info.entry, info.hits, is_current_one, stale, info.entry});
  });
}

Why Cache::why(const Read& read, TimePoint now) const {
  const Request request(read.request_headers);
  const KeyHash hash = hash_key(read.key);
  const Standing standing = judge(store_.peek(read.key, hash, read.request_headers), read, request, now);
  const Course course = course_of(read, hash, request, standing, now);
  Why why{.action = course.action,
          .reason = course.reason,
          .stale = standing.stale,
          .shed = course.shed,
          .asks_alone = course.asks_alone};
  const bool revalidates = standing.entry && standing.entry->has_validator();
  if (why.action == ReadAction::fetch && revalidates) why.action = ReadAction::revalidate;
  for (const Store::Info& info : store_.variants(read.key, hash)) {
    const bool is_current_one = !info.mark.is_set() && is_current(info.entry->snapshot);
    const StaleReason stale = is_current_one ? StaleReason::none : why_not_current(*info.entry, info.mark);
    why.variants.push_back({info.entry, info.hits, stale, info.entry == standing.entry});
  }
  why.departed = departures_.last(hash);
  why.tags = standing_of_tags(read, why.variants);
  why.everything_moved = movements_.last_of_everything();
  return why;
}

std::vector<Why::TagStanding> Cache::standing_of_tags(const Read& read,
                                                      const std::vector<Why::Variant>& variants) const {
  Tags tags(read.tags.begin(), read.tags.end());
  for (const Why::Variant& variant : variants) {
    for (Tag& tag : split_tags(variant.entry->tags)) {
      if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(std::move(tag));
    }
  }
  std::vector<Why::TagStanding> list;
  for (const Tag& tag : tags) {
    const std::uint32_t slot = Generations::slot_of(tag);
    const Generations::Standing standing = generations_.standing(slot);
    Why::TagStanding& one = list.emplace_back();
    one.tag = tag.text();
    one.last_moved = movements_.last(slot);
    one.writes_under_way = standing.writes_under_way;
    if (standing.unsettled_until > TimePoint{}) one.unsettled_until = standing.unsettled_until;
  }
  return list;
}

}  // namespace pgw::cache
