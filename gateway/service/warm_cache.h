// The cache's file: written at the end of a drain, read at the next start, and never used twice.
//
// What is in it was right when it was written. It is used by the next start or by none: writes that go through a
// gateway make only that gateway's memory stale, so a file that lay about while another one served, or that an earlier
// start has read already, could bring back what has been overwritten since. So a start takes the file away, whether it
// can use it or not: used, it is removed before the first request; refused, it is set aside as FILE.refused, for a
// look.
#pragma once

#include <cstddef>
#include <filesystem>

#include "cache/cache.h"

namespace pgw::service {

/// Takes the file's entries over, if it is there and of use; says in the log what became of it. Returns their number.
/// To be called before anything uses the cache.
std::size_t restore_cache(cache::Cache& cache, const std::filesystem::path& file,
                          const cache::ArchiveIdentity& identity);

/// Writes the file, whole or not at all, readable by this user alone, in a few seconds at most: when they are over, the
/// least used entries stay out. Says in the log what became of it. To be called when nothing uses the cache any more.
void save_cache(cache::Cache& cache, const std::filesystem::path& file, const cache::ArchiveIdentity& identity);

}  // namespace pgw::service
