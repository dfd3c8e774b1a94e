// The settings of gateway.yaml, one row each. Internal to config/, and the source of docs/settings.md.
#pragma once

#include "config/setting.h"
#include "config/settings.h"

namespace pgw::config {

const Table<Settings>& settings_table();

}  // namespace pgw::config
