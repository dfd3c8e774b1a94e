#include "contract/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <array>
#include <pcre2.h>
#include <utility>

#include <re2/re2.h>

#include "contract/ecma_syntax.h"
#include "contract/re2_syntax.h"

namespace pgw::contract {
namespace {

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

constexpr std::uint32_t most_memory_in_kib = 16 * 1024;
constexpr int out_of_budget = -1000;  // beyond PCRE2's own error codes

/// What a walk has cost: PCRE2 says where it is before each item of the pattern, having run over the text in between.
struct Walk {
  StepBudget& budget;
  std::size_t position = 0;
};

int count_step(pcre2_callout_block* block, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  const std::size_t run = block->current_position > walk.position ? block->current_position - walk.position
                                                                  : walk.position - block->current_position;
  walk.position = block->current_position;
  return walk.budget.take(1 + static_cast<std::int64_t>(run / 16)) ? 0 : out_of_budget;
}

}  // namespace

class Pattern::Linear {
 public:
  explicit Linear(const std::string& expression) : expression_(expression, options()) {}

  bool is_usable() const { return expression_.ok(); }
  bool find_in(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression_);
  }

 private:
  static re2::RE2::Options options() {
    re2::RE2::Options quiet;
    quiet.set_log_errors(false);
    return quiet;
  }

  re2::RE2 expression_;
};

class Pattern::Backtracking {
 public:
  explicit Backtracking(const std::string& expression) {
    constexpr std::uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                                      PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP;
    int error = 0;
    std::size_t offset = 0;
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()), expression.size(), options, &error,
                              &offset, nullptr));
    if (code_ != nullptr) return;
    std::array<PCRE2_UCHAR, 256> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    problem_ = reinterpret_cast<const char*>(message.data());
  }

  const std::string& problem() const { return problem_; }

  Match find_in(std::string_view text, StepBudget& budget) const {
    const std::unique_ptr<pcre2_match_data, FreeData> data(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    const std::unique_ptr<pcre2_match_context, FreeContext> context(pcre2_match_context_create(nullptr));
    if (data == nullptr || context == nullptr) return Match::out_of_steps;
    Walk walk{budget};
    pcre2_set_callout(context.get(), count_step, &walk);
    pcre2_set_heap_limit(context.get(), most_memory_in_kib);
    const int found = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                  PCRE2_NO_UTF_CHECK, data.get(), context.get());
    if (found == PCRE2_ERROR_NOMATCH) return Match::no;
    return found >= 0 ? Match::yes : Match::out_of_steps;
  }

 private:
  std::unique_ptr<pcre2_code, FreeCode> code_;
  std::string problem_;
};

Pattern::Pattern(std::string source, PatternDialect dialect) : source_(std::move(source)) {
  std::string expression;
  if (dialect == PatternDialect::python) {
    expression = re2_syntax(source_);
  } else {
    auto translated = ecma_as_re2(source_);
    problem_ = std::move(translated.problem);
    is_strict_ = translated.is_strict;
    expression = std::move(translated.expression);
  }
  if (!problem_.empty()) return;
  linear_ = std::make_unique<Linear>(expression);
  if (linear_->is_usable()) return;
  linear_.reset();
  backtracking_ = std::make_unique<Backtracking>(expression);
  problem_ = backtracking_->problem();
}

Pattern::~Pattern() = default;

Pattern::Match Pattern::find_in(std::string_view text, StepBudget& budget) const {
  if (linear_ != nullptr) return linear_->find_in(text) ? Match::yes : Match::no;
  if (!problem_.empty()) return Match::no;
  budget.grow(text.size());
  return backtracking_->find_in(text, budget);
}

}  // namespace pgw::contract
