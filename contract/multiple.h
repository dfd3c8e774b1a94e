// Whether a number is a multiple of another. Internal to contract/.
#pragma once

#include "contract/python.h"

namespace pgw::contract {

/// To the last digit of both as they are written: 0.3 is a multiple of 0.1, 1e308 of 0.1 but not of 0.123456789.
bool is_multiple(const Number& number, const Number& divisor);

/// As pydantic v1 decides it: what floating-point numbers may be off by doesn't count.
bool is_nearly_multiple(const Number& number, const Number& divisor);

}  // namespace pgw::contract
