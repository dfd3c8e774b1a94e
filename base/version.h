// The version and the commit of this program.
#pragma once

#include <string_view>

namespace pgw::base {

/// "0.1.0"
std::string_view version();

/// The first twelve digits of the commit, with "+" behind them if files differed from it; "unknown" where the build had
/// neither a repository nor a commit named by -DPGW_COMMIT.
std::string_view commit();

}  // namespace pgw::base
