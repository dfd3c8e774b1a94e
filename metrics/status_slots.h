// A small number for every status code that occurs in practice, so that counters by status fit in a short array.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pgw::metrics {

/// The codes of the IANA registry (RFC 9110 section 16.2.1), and those that load balancers in front of APIs make up.
inline constexpr std::array<std::uint16_t, 70> slotted_statuses{
    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303,
    304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413,
    414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499, 500, 501,
    502, 503, 504, 505, 506, 507, 508, 510, 511, 520, 521, 522, 523, 524, 525, 529};

/// The slot of each code below 600; the size of `slotted_statuses` for those without.
inline constexpr std::array<std::uint8_t, 600> slots_by_status = [] {
  std::array<std::uint8_t, 600> table{};
  table.fill(static_cast<std::uint8_t>(slotted_statuses.size()));
  for (std::size_t i = 0; i < slotted_statuses.size(); ++i) table[slotted_statuses[i]] = static_cast<std::uint8_t>(i);
  return table;
}();

/// 0 to size - 1 as above; the size for any other code.
constexpr std::size_t status_slot(int status) {
  const auto index = static_cast<std::size_t>(status);
  return status >= 0 && index < slots_by_status.size() ? slots_by_status[index] : slotted_statuses.size();
}

}  // namespace pgw::metrics
