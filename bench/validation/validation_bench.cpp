// What validation costs: each case is one call that a request (or a start) makes.
//
//   validation_bench              every case, in microseconds per call (the best of seven rounds)
//   validation_bench CASE COUNT   one case, COUNT times, for an instruction counter (see `instructions`)
//   validation_bench --list       the cases
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/contract.h"

namespace {

using namespace pgw::contract;  // NOLINT(google-build-using-namespace): the program is about nothing else
using Clock = std::chrono::steady_clock;

const std::filesystem::path api_file = std::filesystem::path(PGW_CONFIG_DIR) / "projects-v4.openapi.yaml";

/// As many headers as a client of the service sends, in the form that the gateway hands on.
const std::vector<std::pair<std::string_view, std::string_view>> headers{
    {"Host", "127.0.0.1:8080"},           {"Accept", "application/json, text/plain, */*"},
    {"Content-Type", "application/json"}, {"User-Agent", "humanloop/js"},
    {"X-API-KEY", "0123456789abcdef"},    {"Accept-Encoding", "gzip, br"},
    {"Connection", "keep-alive"}};

/// The largest request schema of the contract, with a body of about 2 KB.
std::string evaluation_body() {
  std::string body =
      R"({"config_id":"config_3Zb8Yk1TqWmN5xVc0LrPd","dataset_id":"evts_9Qd2HsJf7GuKa4RtEiBoM","evaluator_ids":[)";
  for (int i = 0; i < 40; ++i) {
    body += (i == 0 ? "\"evfn_7Lp3XnCw5YbDz" : ",\"evfn_7Lp3XnCw5YbDz") + std::to_string(10000000 + i) + "\"";
  }
  body += R"(],"provider_api_keys":{"openai":"sk-)" + std::string(48, 'k') + R"(","anthropic":"sk-ant-)" +
          std::string(90, 'a') + R"(","cohere":")" + std::string(40, 'c') + R"("},"hl_generated":false,"name":")" +
          "Nightly regression of the support assistant, \\\"tone\\\" and facts" + R"("})";
  return body;
}

/// The request schema of the most levels, with a body of about 2 KB.
std::string feedback_body(std::string_view sentiment) {
  std::string body = R"({"type":"mood","class":"select","values":[)";
  for (int i = 0; i < 45; ++i) {
    body += (i == 0 ? R"({"value":"label )" : R"(,{"value":"label )") + std::to_string(i) + R"(","sentiment":")" +
            std::string(sentiment) + R"("})";
  }
  return body + "]}";
}

/// A project of 1.2 KB, as `Projects_get` answers.
std::string project_response() {
  std::string users;
  for (int i = 0; i < 3; ++i) {
    users += std::string(i == 0 ? "" : ",") + R"({"id":"usr_)" + std::to_string(i) +
             R"(","email_address":"someone@team.example","full_name":"Some One"})";
  }
  return R"({"id":"pr_4Kd8SxLq2WnYb","name":"Support assistant","users":[)" + users + R"(],"data_count":1234,)" +
         R"("feedback_types":[{"type":"rating","values":[{"value":"good","sentiment":"positive"},)"
         R"({"value":"bad","sentiment":"negative"}]},{"type":"correction","values":null}],"team_id":"tm_1",)"
         R"("created_at":"2024-05-01T12:00:00.000000Z","updated_at":"2024-05-01T12:00:00Z","directory_id":"dir_1",)"
         R"("config_type":"model","active_evaluators":[],"active_config":{"project_id":"pr_1","project_name":"P",)"
         R"("created_at":"2024-05-01T12:00:00Z","updated_at":"2024-05-01T12:00:00Z","last_used":"2024-05-01T12:00:00Z",)"
         R"("num_datapoints":3,"evaluation_aggregates":[],"config":{"type":"model","id":"config_1","model":"gpt-4",)"
         R"("endpoint":"chat","temperature":0.5,"chat_template":[{"role":"system","content":"You answer questions of )"
         R"(customers about their orders, kindly and in few words. Say so when you don't know."}],"seed":null,)"
         R"("response_format":{"type":"json_object"},"tools":[],"provider":"openai"}}})";
}

const Contract& api() {
  static const auto contract = Contract::compile(*Document::read(api_file).document).contract;
  return *contract;
}

/// Keeps a result from being optimised away.
void keep(bool value) {
  asm volatile("" : : "r"(value) : "memory");
}

using Call = std::function<void()>;

Call match(const char* method, const char* path) {
  return [=] { keep(api().match(method, path).status == Route::Status::found); };
}

Call request(const char* method, const char* path, std::string query, std::string body, bool is_right = true) {
  auto route = api().match(method, path);
  return [route = std::move(route), query = std::move(query), body = std::move(body), is_right] {
    const bool has_body = !body.empty();
    if (route.match.operation->refusal_of({.has_body = has_body, .content_type = "application/json"})) std::abort();
    const auto violations = api().validate_request({route.match, query, headers, "application/json", body});
    if (violations.empty() != is_right) std::abort();
    if (!is_right) keep(validation_error_body(violations).empty());
  };
}

Call response(const char* operation, std::string body) {
  return [found = api().find(operation), body = std::move(body)] {
    if (!api().validate_response(*found, 200, "application/json", body).empty()) std::abort();
  };
}

struct Case {
  const char* name;
  Call call;
};

std::vector<Case> all_cases() {
  std::string broken = evaluation_body();
  broken.pop_back();
  return {
      {"read-document", [] { keep(Document::read(api_file).document != nullptr); }},
      {"compile-contract",
       [document = Document::read(api_file).document] { keep(Contract::compile(*document).contract != nullptr); }},
      {"match", match("GET", "/v4/projects/pr_4Kd8SxLq2WnYb")},
      {"match-deep", match("DELETE", "/v4/projects/pr_4Kd8SxLq2WnYb/deployed-config/env_8Hs")},
      {"get", request("GET", "/v4/projects/pr_4Kd8SxLq2WnYb", "", "")},
      {"get-with-query", request("GET", "/v4/projects", "page=0&size=10&filter=a+b&sort_by=created_at&order=desc", "")},
      {"post-small", request("POST", "/v4/projects", "", R"({"name":"P","directory_id":"dir_1"})")},
      {"post-largest", request("POST", "/v4/projects/pr_1/evaluations", "", evaluation_body())},
      {"post-deepest", request("POST", "/v4/projects/pr_1/feedback-types", "", feedback_body("positive"))},
      {"post-invalid-small", request("POST", "/v4/projects", "", R"({"nmae":"P","directory_id":[]})", false)},
      {"post-invalid-largest",
       request("POST", "/v4/projects/pr_1/evaluations", "", R"({"configId":)" + evaluation_body().substr(13), false)},
      {"post-invalid-everywhere",
       request("POST", "/v4/projects/pr_1/feedback-types", "", feedback_body("good"), false)},
      {"post-no-json", request("POST", "/v4/projects/pr_1/evaluations", "", broken, false)},
      {"response", response("Projects_get", project_response())},
  };
}

/// Microseconds per call: the best of seven rounds of about 30 ms each.
double time_of(const Call& call) {
  const auto run = [&call](long count) {
    const auto start = Clock::now();
    for (long i = 0; i < count; ++i) call();
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  long count = 1;
  while (run(count) < 30'000) count *= 2;
  double best = run(count);
  for (int round = 1; round < 7; ++round) best = std::min(best, run(count));
  return best / static_cast<double>(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto cases = all_cases();
  if (argc == 1) {
    for (const auto& [name, call] : cases) std::printf("%-24s %10.3f us\n", name, time_of(call));
    return 0;
  }
  for (const auto& [name, call] : cases) {
    if (argc != 3 || std::string_view(argv[1]) != name) continue;
    for (long i = std::strtol(argv[2], nullptr, 10); i > 0; --i) call();
    return 0;
  }
  const bool is_list = argc == 2 && std::string_view(argv[1]) == "--list";
  if (!is_list) std::fprintf(stderr, "usage: validation_bench [--list | CASE COUNT], CASE one of:\n");
  for (const auto& each : cases) std::fprintf(is_list ? stdout : stderr, "%s\n", each.name);
  return is_list ? 0 : 1;
}
