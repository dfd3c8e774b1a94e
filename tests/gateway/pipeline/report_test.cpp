#include "gateway/pipeline/report.h"

#include <memory>
#include <string>

#include "metrics/exposition.h"
#include "support/catch.h"

using namespace pgw;

namespace {

std::shared_ptr<const contract::Contract> one_operation() {
  const auto read = contract::Document::parse(
      "openapi: 3.0.3\npaths: {/a: {get: {operationId: a, responses: {200: {description: d}}}}}", "test.yaml");
  REQUIRE(read.document != nullptr);
  return contract::Contract::compile(*read.document).contract;
}

}  // namespace

TEST_CASE("whether the upstream agreed that a request is wrong is counted") {
  const auto [status, verdict] = GENERATE(table<int, std::string>({
      {200, "accepted"},
      {204, "accepted"},
      {400, "refused"},
      {415, "refused"},
      {422, "refused"},
      {404, "unknown"},
      {500, "unknown"},
      {0, "unknown"},
  }));
  CAPTURE(status);
  const auto contract = one_operation();
  REQUIRE(contract != nullptr);
  metrics::Metrics metrics({"a"}, {}, "1", "c");
  pipeline::report_agreement(metrics, contract->operations().front(), status);
  CHECK(metrics::test::sample(metrics.exposition(),
                              "gateway_validation_reports_total{operation=\"a\",upstream=\"" + verdict + "\"}") == 1);
}
