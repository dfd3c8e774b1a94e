#include "gateway/pipeline/collecting_budget.h"

#include "support/catch.h"

using pgw::pipeline::CollectingBudget;

TEST_CASE("collecting: several share the budget, and who finds it used up gets nothing") {
  CollectingBudget budget(100);
  CHECK(budget.take(0, 60));
  CHECK(budget.take(0, 40));
  CHECK_FALSE(budget.take(60, 1));
  CHECK(budget.used() == 100);
}

TEST_CASE("collecting: what is given back is there for others") {
  CollectingBudget budget(100);
  REQUIRE(budget.take(0, 60));
  REQUIRE(budget.take(0, 40));
  budget.give_back(40);
  CHECK(budget.take(0, 30));
  CHECK_FALSE(budget.take(30, 20));
}

TEST_CASE("collecting: the only one may go beyond it") {
  CollectingBudget budget(100);
  CHECK(budget.take(0, 90));
  CHECK(budget.take(90, 90));
  CHECK_FALSE(budget.take(0, 1));
}
