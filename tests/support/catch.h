// The one way into Catch2: version 2 (Debian 12) and version 3 (Debian 13, Ubuntu 24.04) spell their headers
// differently.
#pragma once

#ifdef PGW_CATCH2_V3
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
