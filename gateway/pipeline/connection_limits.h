// What a configuration allows the teams' connections.
#pragma once

#include <cstdint>
#include <string>

#include "config/settings.h"
#include "contract/contract.h"
#include "gateway/http/limits.h"

namespace pgw::pipeline {

/// Methods that the contract serves are let through whether HTTP itself knows them or not.
/// `max_body` is the most that any operation takes.
http::Limits connection_limits(const config::Settings& settings, const contract::Contract& contract);

/// Of the requests of one operation.
std::uint64_t max_body(const config::Settings& settings, const std::string& operation_id);

}  // namespace pgw::pipeline
