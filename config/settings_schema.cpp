#include "config/settings_schema.h"

namespace pgw::config {

// Durations and sizes have no type here: the error that says what a unit looks like is worth more than "str type
// expected".

std::string_view settings_schema_text() {
  return R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["upstream"],
  "properties": {
    "listen": {"type": "string", "description": "HOST:PORT of the team listener"},
    "admin": {"type": "string", "description": "HOST:PORT of the admin listener"},
    "workers": {"description": "auto, or a number of threads"},
    "api": {"type": "string", "minLength": 1, "description": "the OpenAPI document"},
    "upstream": {
      "type": "object",
      "additionalProperties": false,
      "required": ["url"],
      "properties": {
        "url": {"type": "string", "minLength": 1},
        "credential": {
          "type": "object",
          "additionalProperties": false,
          "required": ["header"],
          "properties": {
            "header": {"type": "string", "minLength": 1},
            "value": {"type": "string"},
            "value_file": {"type": "string", "minLength": 1}
          }
        },
        "connect_timeout": {"description": "duration"},
        "timeout": {"description": "duration"},
        "max_connections": {"type": "integer", "minimum": 1, "maximum": 65535},
        "max_waiting": {"type": "integer", "minimum": 0, "maximum": 1000000},
        "retries": {"type": "integer", "minimum": 0, "maximum": 10},
        "ca_file": {"type": "string", "minLength": 1},
        "breaker": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "failures": {"type": "integer", "minimum": 0, "maximum": 1000000},
            "open_for": {"description": "duration"}
          }
        }
      }
    },
    "access": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "mode": {"type": "string", "enum": ["keys", "open"]},
        "keys_file": {"type": "string", "minLength": 1},
        "rate_charge": {"type": "string", "enum": ["upstream", "all"]}
      }
    },
    "validation": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "requests": {"type": "string", "enum": ["enforce", "report", "off"]},
        "responses": {"type": "string", "enum": ["enforce", "report", "off"]}
      }
    },
    "cache": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "max_size": {"description": "size"},
        "file": {"type": "string", "minLength": 1},
        "rules": {
          "type": "object",
          "additionalProperties": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
              "ttl": {"description": "duration"},
              "stale_while_revalidate": {"description": "duration"},
              "stale_if_error": {"description": "duration"},
              "invalidates": {"type": "array", "items": {"type": "string", "minLength": 1}},
              "primes": {"type": "string", "minLength": 1}
            }
          }
        },
        "safe_operations": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "targeted_field": {"type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"}
      }
    },
    "limits": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "max_body": {"description": "size"},
        "max_header": {"description": "size"},
        "max_target": {"description": "size"},
        "header_timeout": {"description": "duration"},
        "body_timeout": {"description": "duration"},
        "write_timeout": {"description": "duration"},
        "idle_timeout": {"description": "duration"},
        "drain_timeout": {"description": "duration"}
      }
    },
    "log": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "level": {"type": "string", "enum": ["debug", "info", "warning", "error"]},
        "format": {"type": "string", "enum": ["json", "text"]},
        "access": {"type": "boolean"}
      }
    }
  }
})json";
}

std::string_view keys_schema_text() {
  return R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["keys"],
  "properties": {
    "keys": {
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["id", "team", "sha256"],
        "properties": {
          "id": {"type": "string"},
          "team": {"type": "string"},
          "sha256": {"type": "string"},
          "scopes": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["read", "write"]}},
          "operations": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
          "rate": {"description": "events per time"},
          "burst": {"type": "integer", "minimum": 1, "maximum": 1000000},
          "expires": {"description": "date"}
        }
      }
    }
  }
})json";
}

}  // namespace pgw::config
