// The settings of an entry of the keys file, one row each. Internal to config/, and the source of docs/settings.md.
#pragma once

#include "config/keys_file.h"
#include "config/setting.h"

namespace pgw::config {

const Table<KeyEntry>& key_table();

}  // namespace pgw::config
