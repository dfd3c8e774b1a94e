#include "base/version.h"

#include "commit.h"

namespace pgw::base {

std::string_view version() {
  return PGW_VERSION;
}

std::string_view commit() {
  return PGW_COMMIT;
}

}  // namespace pgw::base
