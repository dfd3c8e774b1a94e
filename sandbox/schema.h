// The tables of the stand-in.
#pragma once

#include "sandbox/database.h"

namespace pgw::sandbox {

/// Makes the tables of a new database. A database of this version is left as it is; of any other version:
/// DatabaseError.
void create_schema(Database& database);

}  // namespace pgw::sandbox
