#include "metrics/labels.h"

namespace pgw::metrics {

std::string status_label(int status) {
  return status >= 100 && status <= 599 ? std::to_string(status) : std::string(other);
}

}  // namespace pgw::metrics
