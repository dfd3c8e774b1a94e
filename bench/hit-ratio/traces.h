// Sequences of keys, as clients would ask for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pgw::bench {

using Trace = std::vector<std::uint32_t>;

struct NamedTrace {
  std::string name;
  Trace keys;
};

// Independent draws from `keys` keys; the n-th most popular one has a weight of 1 / n^exponent.
Trace zipf(std::size_t length, std::size_t keys, double exponent);

// The same, and after every `period` draws a run of `scan` keys that are never asked for again.
Trace zipf_with_scans(std::size_t length, std::size_t keys, double exponent, std::size_t period, std::size_t scan);

// The same, but after every `period` draws other keys become the popular ones.
Trace zipf_that_shifts(std::size_t length, std::size_t keys, double exponent, std::size_t period);

// All keys in order, again and again.
Trace loop(std::size_t length, std::size_t keys);

// Draws from half of the keys, and a loop over the other half, in turn.
Trace zipf_with_loop(std::size_t length, std::size_t keys, double exponent);

}  // namespace pgw::bench
