// What a configuration allows the teams' connections.
#pragma once

#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/http/limits.h"

namespace pgw::pipeline {

/// Methods that the contract serves are let through whether HTTP itself knows them or not.
http::Limits connection_limits(const config::Settings& settings, const contract::Contract& contract);

}  // namespace pgw::pipeline
