#include "sandbox/seed.h"

#include <array>
#include <string>

#include "sandbox/configs.h"
#include "sandbox/deployments.h"
#include "sandbox/feedback_types.h"
#include "sandbox/organization.h"

namespace pgw::sandbox {

namespace {

constexpr const char* founded = "2024-03-01T09:00:00.000000Z";

struct User {
  const char* id;
  const char* email_address;
  const char* full_name;
};
constexpr std::array users{User{owner_user_id, "ada@sandbox.example", "Ada Lovelace"},
                           User{"usr_grace", "grace@sandbox.example", "Grace Hopper"},
                           User{"usr_linus", "linus@sandbox.example", "Linus Pauling"}};

struct Evaluator {
  const char* id;
  const char* version_id;
  const char* type;
  const char* name;
  const char* body;
};
constexpr std::array evaluators{Evaluator{"evfn_exact_match", "evv_exact_match_1", "python", "Exact match", R"json({
      "description": "Whether the output is the target, to the letter", "arguments_type": "target_required",
      "return_type": "boolean",
      "code": "def evaluate(log, testcase):\n    return log['output'] == testcase['target']['output']\n"})json"},
                                Evaluator{"evfn_politeness", "evv_politeness_1", "llm", "Politeness", R"json({
      "description": "How polite the answer is, from 0 to 1", "arguments_type": "target_free", "return_type": "number",
      "model_config": {"id": "config_politeness", "type": "model", "name": "Politeness judge", "provider": "openai",
        "model": "gpt-4o", "endpoint": "complete", "temperature": 0, "max_tokens": 16,
        "prompt_template": "How polite is this answer, from 0 to 1?\n\n{{log.output}}"}})json"},
                                Evaluator{"evfn_reviewer", "evv_reviewer_1", "human", "Reviewer", R"json({
      "description": "What a colleague says about it", "arguments_type": "target_free", "return_type": "text"})json"}};

struct Project {
  const char* id;
  const char* name;
  const char* directory_id;
  const char* user_id;  ///< beside the owner
  const char* created_at;
  const char* updated_at;
};
constexpr std::array projects{Project{"pr_support", "Customer support assistant", root_directory_id, "usr_grace",
                                      "2024-04-02T08:15:00.000000Z", "2024-05-20T16:40:00.000000Z"},
                              Project{"pr_sales", "Sales email writer", "dir_marketing", "usr_linus",
                                      "2024-04-09T10:30:00.000000Z", "2024-05-06T11:05:00.000000Z"},
                              Project{"pr_release", "Release notes summariser", root_directory_id, "usr_grace",
                                      "2024-05-13T13:45:00.000000Z", "2024-05-13T13:45:00.000000Z"}};

struct Config {
  const char* id;
  const char* project_id;
  const char* name;
  const char* created_at;
  const char* body;
};
constexpr std::array configs{
    Config{"config_support_1", "pr_support", "First try", "2024-04-02T08:20:00.000000Z", R"json({
      "description": "No rules about tone yet", "provider": "openai", "model": "gpt-4o-mini", "endpoint": "chat",
      "temperature": 1, "max_tokens": 256, "chat_template": [{"role": "system", "content": "You answer customers."},
      {"role": "user", "content": "{{question}}"}], "other": {}})json"},
    Config{"config_support_2", "pr_support", "Warmer tone", "2024-04-16T14:00:00.000000Z", R"json({
      "description": "Thanks the customer first", "provider": "anthropic", "model": "claude-3-haiku",
      "endpoint": "chat",
      "temperature": 0.4, "max_tokens": 512, "stop": ["###"], "chat_template": [{"role": "system",
      "content": "You answer customers of {{shop}}. Thank them first."}, {"role": "user", "content": "{{question}}"}],
      "other": {}})json"},
    Config{"config_support_3", "pr_support", "With order look-up", "2024-05-07T09:30:00.000000Z", R"json({
      "description": "May look up an order", "provider": "openai", "model": "gpt-4o", "endpoint": "chat",
      "temperature": 0.2, "top_p": 1, "max_tokens": 512, "presence_penalty": 0, "frequency_penalty": 0, "seed": 7,
      "chat_template": [{"role": "system", "content": "You answer customers of {{shop}}."},
      {"role": "user", "content": "{{question}}"}], "tools": [{"id": "tool_order", "name": "look_up_order",
      "description": "Where an order is", "parameters": {"type": "object",
      "properties": {"order_id": {"type": "string"}},
      "required": ["order_id"]}, "source": "inline"}], "template_language": "default", "other": {}})json"},
    Config{"config_sales_1", "pr_sales", "Short", "2024-04-09T10:35:00.000000Z", R"json({
      "provider": "openai", "model": "gpt-4o-mini", "endpoint": "complete", "temperature": 0.9, "max_tokens": 200,
      "prompt_template": "Write a short email to {{name}} about {{product}}.", "other": {}})json"},
    Config{"config_sales_2", "pr_sales", "Shorter", "2024-04-23T15:10:00.000000Z", R"json({
      "provider": "openai", "model": "gpt-4o-mini", "endpoint": "complete", "temperature": 0.7, "max_tokens": 120,
      "prompt_template": "In three sentences, tell {{name}} about {{product}}.", "other": {}})json"},
    Config{"config_release_1", "pr_release", "Bullet points", "2024-05-13T13:50:00.000000Z", R"json({
      "provider": "google", "model": "gemini-1.5-pro", "endpoint": "chat", "temperature": 0, "max_tokens": -1,
      "chat_template": [{"role": "user", "content": "Summarise as bullet points:\n{{changes}}"}], "other": {}})json"}};

struct Deployment {
  const char* project_id;
  const char* environment_id;
  const char* config_id;
};
constexpr std::array deployments{Deployment{"pr_support", "env_production", "config_support_3"},
                                 Deployment{"pr_support", "env_staging", "config_support_2"},
                                 Deployment{"pr_sales", "env_production", "config_sales_2"}};

struct Dataset {
  const char* id;
  const char* version_id;
  const char* project_id;
  const char* name;
  const char* description;
  int datapoint_count;
  const char* created_at;
};
constexpr std::array datasets{Dataset{"evts_support_golden", "evtv_support_golden_1", "pr_support", "Golden questions",
                                      "Questions whose right answer is known", 24, "2024-04-18T09:00:00.000000Z"},
                              Dataset{"evts_support_angry", "evtv_support_angry_1", "pr_support", "Angry customers",
                                      "Complaints of last winter", 40, "2024-05-02T09:00:00.000000Z"},
                              Dataset{"evts_sales_leads", "evtv_sales_leads_1", "pr_sales", "Leads",
                                      "Twelve invented leads", 12, "2024-04-24T09:00:00.000000Z"}};

struct Evaluation {
  const char* id;
  const char* project_id;
  const char* config_id;
  const char* dataset_id;
  const char* status;
  const char* created_at;
};
constexpr std::array evaluations{Evaluation{"ev_support_1", "pr_support", "config_support_2", "evts_support_golden",
                                            "completed", "2024-04-19T10:00:00.000000Z"},
                                 Evaluation{"ev_support_2", "pr_support", "config_support_3", "evts_support_golden",
                                            "completed", "2024-05-08T10:00:00.000000Z"},
                                 Evaluation{"ev_support_3", "pr_support", "config_support_3", "evts_support_angry",
                                            "running", "2024-05-20T16:30:00.000000Z"},
                                 Evaluation{"ev_sales_1", "pr_sales", "config_sales_2", "evts_sales_leads", "cancelled",
                                            "2024-04-25T10:00:00.000000Z"}};

struct Verdict {
  const char* evaluation_id;
  const char* evaluator_id;
  int position;
  double mean;  ///< negative: none yet
};
constexpr std::array verdicts{
    Verdict{"ev_support_1", "evfn_exact_match", 0, 0.625}, Verdict{"ev_support_1", "evfn_politeness", 1, 0.91},
    Verdict{"ev_support_2", "evfn_exact_match", 0, 0.875}, Verdict{"ev_support_2", "evfn_politeness", 1, 0.84},
    Verdict{"ev_support_3", "evfn_politeness", 0, -1},     Verdict{"ev_sales_1", "evfn_politeness", 0, -1}};

struct Log {
  const char* id;
  const char* project_id;
  const char* config_id;
  const char* created_at;
  const char* body;
};
constexpr std::array logs{
    Log{"data_support_01", "pr_support", "config_support_1", "2024-04-03T09:00:00.000000Z", R"json({
      "inputs": {"question": "Where is my parcel?"}, "output": "I can't know that.", "source": "playground",
      "duration": 0.81, "prompt_tokens": 31, "output_tokens": 6, "observability_status": "completed"})json"},
    Log{"data_support_02", "pr_support", "config_support_1", "2024-04-03T09:05:00.000000Z", R"json({
      "inputs": {"question": "Can I send it back?"}, "output": "Yes, within 30 days.", "source": "playground",
      "duration": 0.64, "prompt_tokens": 30, "output_tokens": 8, "observability_status": "completed"})json"},
    Log{"data_support_03", "pr_support", "config_support_2", "2024-04-17T11:00:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Do you ship to Norway?"}, "output": "Thank you for asking! Yes, we do.",
      "source": "sdk", "environment": "staging", "duration": 1.12, "observability_status": "completed"})json"},
    Log{"data_support_04", "pr_support", "config_support_2", "2024-04-17T11:02:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "My cup came broken."},
      "output": "Thank you for telling us. A new one is on its way.",
      "source": "sdk", "environment": "staging", "duration": 1.3, "metadata": {"channel": "email"},
      "observability_status": "completed"})json"},
    Log{"data_support_05", "pr_support", "config_support_2", "2024-04-18T08:30:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Gluten?"}, "output": "Thank you! There is none in our tea.",
      "source": "sdk", "environment": "staging", "duration": 0.97, "observability_status": "completed"})json"},
    Log{"data_support_06", "pr_support", "config_support_2", "2024-04-19T17:45:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Are you a robot?"}, "output": "Thank you for asking. Yes.",
      "source": "sdk", "environment": "staging", "duration": 0.7, "observability_status": "completed"})json"},
    Log{"data_support_07", "pr_support", "config_support_3", "2024-05-07T10:00:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Where is order 1815?"}, "source": "sdk", "environment": "production",
      "output_message": {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function",
      "function": {"name": "look_up_order", "arguments": "{\"order_id\": \"1815\"}"}}]}, "duration": 0.66,
      "tool_choice": "auto", "finish_reason": "tool_calls", "observability_status": "completed"})json"},
    Log{"data_support_08", "pr_support", "config_support_3", "2024-05-07T10:00:02.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Where is order 1815?"}, "output": "It left our house this morning.",
      "source": "sdk", "environment": "production", "session_id": "sesh_1815", "parent_id": "data_support_07",
      "messages": [{"role": "tool", "tool_call_id": "call_1", "content": "on its way"}], "duration": 0.9,
      "finish_reason": "stop", "observability_status": "completed"})json"},
    Log{"data_support_09", "pr_support", "config_support_3", "2024-05-08T12:10:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Was ist mit Größe L?"}, "output": "Größe L ist ab Montag wieder da.",
      "source": "sdk", "environment": "production", "user": "customer-77", "duration": 1.05,
      "observability_status": "completed"})json"},
    Log{"data_support_10", "pr_support", "config_support_3", "2024-05-11T19:20:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Cancel order 2001."}, "source": "sdk", "environment": "production",
      "error": "The provider took longer than 30 seconds.", "duration": 30.0, "observability_status": "failed"})json"},
    Log{"data_support_11", "pr_support", "config_support_3", "2024-05-14T07:55:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Do you have gift cards?"}, "output": "We do, from 10 to 100 euros.",
      "source": "sdk", "environment": "production", "prompt_cost": 0.0004, "output_cost": 0.0002, "duration": 0.8,
      "observability_status": "completed"})json"},
    Log{"data_support_12", "pr_support", "config_support_3", "2024-05-20T16:35:00.000000Z", R"json({
      "inputs": {"shop": "Teapot", "question": "Which tea is strongest?"},
      "output": "Assam; let it stand for five minutes.",
      "source": "sdk", "environment": "production", "duration": 0.85, "observability_status": "completed"})json"},
    Log{"data_sales_1", "pr_sales", "config_sales_1", "2024-04-10T10:00:00.000000Z", R"json({
      "inputs": {"name": "Maria", "product": "a kettle"}, "output": "Dear Maria, have you seen our kettle?",
      "source": "playground", "duration": 1.9, "observability_status": "completed"})json"},
    Log{"data_sales_2", "pr_sales", "config_sales_2", "2024-04-24T10:00:00.000000Z", R"json({
      "inputs": {"name": "Jo", "product": "a tray"}, "output": "Jo, it is oak. It lasts. It is new.", "source": "sdk",
      "environment": "production", "duration": 1.1, "observability_status": "completed"})json"},
    Log{"data_sales_3", "pr_sales", "config_sales_2", "2024-05-06T11:00:00.000000Z", R"json({
      "inputs": {"name": "Kim", "product": "a cup"}, "source": "sdk", "environment": "production",
      "observability_status": "pending"})json"}};

struct Feedback {
  const char* id;
  const char* log_id;
  const char* type;
  const char* value;
  const char* created_at;
};
constexpr std::array feedback{
    Feedback{"ann_support_1", "data_support_01", "rating", R"("bad")", "2024-04-03T09:01:00.000000Z"},
    Feedback{"ann_support_2", "data_support_01", "correction", R"("Look at the link in your mail.")",
             "2024-04-03T09:02:00.000000Z"},
    Feedback{"ann_support_3", "data_support_04", "rating", R"("good")", "2024-04-17T11:30:00.000000Z"},
    Feedback{"ann_support_4", "data_support_11", "rating", R"("good")", "2024-05-14T08:00:00.000000Z"}};

struct Result {
  const char* id;
  const char* evaluation_id;
  const char* evaluator_id;
  const char* log_id;
  const char* value;
  const char* created_at;
};
constexpr std::array results{
    Result{"er_support_1", "ev_support_1", "evfn_exact_match", "data_support_05", "true",
           "2024-04-19T10:01:00.000000Z"},
    Result{"er_support_2", "ev_support_1", "evfn_politeness", "data_support_05", "0.95", "2024-04-19T10:01:01.000000Z"},
    Result{"er_support_3", "ev_support_2", "evfn_politeness", "data_support_09", "0.7", "2024-05-08T10:05:00.000000Z"}};

void seed_evaluations(Database& db) {
  for (const Evaluation& evaluation : evaluations) {
    db.run(
        "INSERT INTO evaluations (id, project_id, config_id, dataset_id, status, created_at, updated_at) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        evaluation.id, evaluation.project_id, evaluation.config_id, evaluation.dataset_id, evaluation.status,
        evaluation.created_at);
  }
  for (const Verdict& verdict : verdicts) {
    const std::optional<double> mean = verdict.mean < 0 ? std::nullopt : std::optional(verdict.mean);
    db.run("INSERT INTO evaluation_evaluators VALUES (?1, ?2, ?3, ?4)", verdict.evaluation_id, verdict.evaluator_id,
           verdict.position, mean);
  }
  for (const Result& result : results) {
    db.run("INSERT INTO evaluation_results VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)", result.id, result.evaluation_id,
           result.evaluator_id, result.log_id, result.value, result.created_at);
  }
}

void seed_logs(Database& db) {
  for (const Log& log : logs) {
    db.run("INSERT INTO logs VALUES (?1, ?2, ?3, ?4, ?5, ?5)", log.id, log.project_id, log.config_id,
           Json::parse(log.body).dump(), log.created_at);
    db.run("UPDATE configs SET last_used = max(last_used, ?2) WHERE id = ?1", log.config_id, log.created_at);
  }
  for (const Feedback& item : feedback) {
    db.run("INSERT INTO feedback VALUES (?1, ?2, ?3, ?4, ?5)", item.id, item.log_id, item.type, item.value,
           item.created_at);
  }
}

void seed_projects(Session& session) {
  Database& db = session.db();
  for (const Project& project : projects) {
    db.run(
        "INSERT INTO projects (id, name, directory_id, team_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6)",
        project.id, project.name, project.directory_id, team_id, project.created_at, project.updated_at);
    db.run("INSERT INTO project_users VALUES (?1, ?2), (?1, ?3)", project.id, owner_user_id, project.user_id);
    add_default_feedback_types(session, project.id);
  }
  db.run("INSERT INTO project_evaluators VALUES ('pr_support', 'evfn_politeness')");
  for (const Config& config : configs) {
    add_config(session, config.project_id, {config.id, config.name, Json::parse(config.body)}, config.created_at);
  }
  for (const Deployment& deployment : deployments) {
    set_deployment(session, deployment.project_id, deployment.environment_id, deployment.config_id);
  }
  for (const Dataset& dataset : datasets) {
    db.run("INSERT INTO datasets VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)", dataset.id, dataset.version_id,
           dataset.project_id, dataset.name, dataset.description, dataset.datapoint_count, dataset.created_at);
  }
}

}  // namespace

void seed_organization(Session& session) {
  Database& db = session.db();
  for (const User& user : users) {
    db.run("INSERT OR IGNORE INTO users (id, email_address, full_name) VALUES (?1, ?2, ?3)", user.id,
           user.email_address, user.full_name);
  }
  db.run("INSERT OR IGNORE INTO directories VALUES (?1, 'Root'), ('dir_marketing', 'Marketing')", root_directory_id);
  db.run(
      "INSERT OR IGNORE INTO environments VALUES ('env_production', 'production', 'default', 0), "
      "('env_staging', 'staging', 'other', 1)");
  for (const Evaluator& evaluator : evaluators) {
    db.run("INSERT OR IGNORE INTO evaluators VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)", evaluator.id, evaluator.version_id,
           evaluator.type, evaluator.name, Json::parse(evaluator.body).dump(), founded);
  }
}

void seed_examples(Session& session) {
  if (session.db().query("SELECT 1 FROM projects LIMIT 1").step()) return;
  seed_projects(session);
  seed_logs(session.db());
  seed_evaluations(session.db());
}

}  // namespace pgw::sandbox
