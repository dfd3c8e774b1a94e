// An OpenAPI 3.0 document, compiled: which requests exist, and which of them are right.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/document.h"
#include "contract/schema.h"
#include "contract/security.h"
#include "contract/violation.h"

namespace pgw::contract {

/// "projects", "{id}", "{id}:archive" or "{base}...{head}". Several parameters of one segment are one value, which
/// names a resource; only validation tells them apart.
struct PathSegment {
  std::string text;  ///< of a parameter: its name; of several: "base}...{head"
  bool is_parameter = false;
  std::vector<std::string> between;  ///< of several parameters: what stands between each two
  std::string before;                ///< of a parameter: what its value follows
  std::string after;                 ///< of a parameter: what follows its value
  bool is_catch_all = false;         ///< of a parameter: its value is all of the path that is left, slashes included
};

/// What a request's head says of its body: enough to refuse the body before it is read.
struct BodyHead {
  bool has_body = false;                         ///< of at least one byte
  std::optional<std::string_view> content_type;  ///< several lines as one list (RFC 9110 section 5.3)
  std::string_view content_encoding = {};        ///< likewise
};

/// Why a body may not go upstream.
struct BodyRefusal {
  int status = 415;                  ///< 400 or 415
  std::string detail;                ///< for a person
  std::string accepted_media_types;  ///< of a 415: "application/json", for Accept; empty if that would not help
  bool wants_identity = false;       ///< of a 415: no content coding is taken (RFC 9110 section 12.5.3)
};

/// One method on one path. Belongs to its Contract.
class Operation {
 public:
  struct Facts;  // everything that validation needs; the contract's own

  explicit Operation(std::unique_ptr<Facts> facts);
  ~Operation();
  Operation(Operation&&) noexcept;
  Operation& operator=(Operation&&) noexcept;

  std::size_t index() const;                 ///< its position in `Contract::operations`
  const std::string& id() const;             ///< operationId
  const std::string& method() const;         ///< "GET"
  const std::string& path_template() const;  ///< "/projects/{id}", without the base path
  std::span<const PathSegment> segments() const;
  bool is_safe() const;  ///< RFC 9110 section 9.2.1
  bool deprecated() const;
  bool declares_body() const;
  bool declares_headers() const;                      ///< else RequestView's `headers` are not looked at
  std::vector<std::string> header_names() const;      ///< of the declared header parameters, as they are spelt
  bool declares_query(std::string_view name) const;   ///< a query parameter, or a member of one that is spread
  bool declares_member(std::string_view name) const;  ///< of a form or a JSON object that the body may be
  std::string_view assumed_media_type() const;       ///< what a body without Content-Type is read as; empty: not at all
  const std::vector<std::string>& security() const;  ///< the schemes that its requirements name

  /// The wall that stands whether or not requests are validated: a body goes upstream only if the operation declares
  /// it, and in a form in which a check reads what the upstream reads. Nullopt: it may pass.
  std::optional<BodyRefusal> refusal_of(const BodyHead& head) const;

  /// Whether the document has a schema for a body of this content type (of a file: limits to its size), or it is a
  /// form, whose members are looked at in any case. Else nothing needs to see the body before it goes upstream.
  bool checks_body(std::optional<std::string_view> content_type) const;

  const Facts& facts() const { return *facts_; }

 private:
  std::unique_ptr<Facts> facts_;
};

struct Match {
  const Operation* operation = nullptr;
  std::vector<std::string> path_values;  ///< percent-decoded, in the order of the template
  std::string path;                      ///< canonical, without base path: see Contract::canonical_path
};

struct Route {
  enum class Status { found, elsewhere, method_not_allowed, not_found };
  Status status = Status::not_found;
  Match match;  ///< with `found`; HEAD finds the operation of GET. With `elsewhere`: what is found a slash further on
  std::string allow;  ///< with `method_not_allowed`: "GET, HEAD, POST"
};

/// A request as validation sees it. Views need to hold during the call only.
struct RequestView {
  const Match& match;
  std::string_view query;  ///< raw, without '?'
  std::span<const std::pair<std::string_view, std::string_view>> headers;
  std::optional<std::string_view> content_type;
  std::string_view body;
  bool is_body_unseen = false;  ///< it goes upstream as it comes: `body` is not looked at
};

/// What becomes of a path that differs from one of the document's by a slash at its end alone.
enum class TrailingSlash {
  strict,    ///< it is another path
  redirect,  ///< Route::Status::elsewhere
  ignore,    ///< it is taken for the document's
};

/// How a document is served.
struct CompileOptions {
  /// A path's value may decode, once or twice, to what has '/' or '\\' in it: right for upstreams that split a path
  /// before they decode it. Others take such a value for several segments, and with that for another operation.
  bool allows_encoded_slashes = false;
  TrailingSlash trailing_slash = TrailingSlash::strict;
  Coercion coercion = Coercion::none;
  /// An operation that can't be used is left out, with a warning; else it is an error.
  bool skips_unusable_operations = false;
};

/// Immutable, thread-safe. No function throws but for lack of memory.
class Contract {
 public:
  struct Outcome {
    std::shared_ptr<const Contract> contract;  ///< null if any problem is an error
    std::vector<Problem> problems;
    std::size_t unusable_operations = 0;  ///< and paths: errors that `skips_unusable_operations` would make warnings
  };

  static Outcome compile(const Document& document, const CompileOptions& options = {});
  ~Contract();
  Contract(const Contract&) = delete;
  Contract& operator=(const Contract&) = delete;

  /// "/v4": the path of the first server's URL, without a trailing slash.
  const std::string& base_path() const;

  std::span<const SecurityScheme> security_schemes() const;

  std::span<const Operation> operations() const;
  const Operation* find(std::string_view operation_id) const;

  /// `raw_path`: percent-encoded, with base path, without query. Segments are split at raw slashes and then decoded;
  /// literal ones win over parameters, and among paths that fit the first one that has the method. Not found: broken
  /// percent-encoding, control characters, bytes that are not UTF-8, and as the value of a parameter, decoded once or
  /// twice, "", "." and ".." (also with ";..." behind them) and, unless the options allow it, what has a slash or
  /// backslash in it.
  Route match(std::string_view method, std::string_view raw_path) const;

  /// The path that goes upstream, without base path: as it came, but for unreserved characters (RFC 3986 section 2.3),
  /// which are decoded, and for what no URI may hold, which is encoded. So one canonical path is one request.
  const std::string& canonical_path(const Match& match) const { return match.path; }

  /// Everything that is wrong, at once, in the order path, query, header, body. A body that Operation::refusal_of
  /// refuses is not looked at.
  std::vector<Violation> validate_request(const RequestView& request) const;

  /// A body alone, as JSON; nothing for an operation that declares none.
  std::vector<Violation> validate_body(const Operation& operation, std::string_view body) const;

  /// Whether the document has a schema for the content of such a response: else `validate_response` finds nothing.
  bool has_response_schema(const Operation& operation, int status, std::string_view content_type) const;

  /// Nothing for a status or media type that the document doesn't describe.
  std::vector<Violation> validate_response(const Operation& operation, int status, std::string_view content_type,
                                           std::string_view body) const;

 private:
  friend class ContractCompiler;
  struct Impl;
  explicit Contract(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgw::contract
