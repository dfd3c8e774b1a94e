// "Did you mean ...?"
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pgw::config {

/// The name of `known` that `word` is likely a slip of: at most a third of its length away (at least 2, or 1 for
/// names of up to three letters), whatever the case. The first of equals; nullopt when none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

/// "" or ", did you mean 'NAME'?".
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace pgw::config
