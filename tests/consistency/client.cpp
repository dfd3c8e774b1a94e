#include "consistency/client.h"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace pgw::consistency {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr int kPageSize = 200;
constexpr unsigned kReadsOfHundred = 72;

std::string field(const char* name, milliseconds delay) {
  return std::string("X-Sandbox-") + name + ": " + std::to_string(delay.count()) + "ms";
}

// What the clients do changes with the time, so that each part of the cache gets its turn: writes that get lost, which
// leave their tags unsettled for a while; many writes; few, so that entries live long enough to be used stale.
enum class Weather { lossy, busy, calm };

Weather weather_at(Time time) {
  constexpr auto kLasts = milliseconds(400);
  return static_cast<Weather>(time.time_since_epoch() / kLasts % 3);
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

// Does the project's record, or the list, name this member under `key`?
bool names(const json& list, const char* key, const std::string& name) {
  return std::any_of(list.begin(), list.end(), [&](const json& one) { return one.value(key, "") == name; });
}

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  reads += other.reads;
  failed_reads += other.failed_reads;
  hits += other.hits;
  collapsed += other.collapsed;
  revalidating += other.revalidating;
  writes += other.writes;
  unanswered_writes += other.unanswered_writes;
  primed += other.primed;
  return *this;
}

Client::Client(std::string base_url, World& world, milliseconds upstream_timeout, unsigned seed)
    : http_(std::move(base_url)), world_(world), upstream_timeout_(upstream_timeout), seed_(seed), random_(seed) {}

void Client::step() {
  const ProjectPtr project = world_.pick(random_);
  const bool may_write = weather_at(Clock::now()) != Weather::calm || happens(5);
  const auto dice = random_() % (may_write ? 100 : kReadsOfHundred);
  if (dice < 30) return read_item(project);
  if (dice < 50) return read_listing();
  if (dice < 60) return read_subtree(project);
  if (dice < kReadsOfHundred) return read_datasets(project);
  if (dice < 86) return rename(project);
  if (dice < 89) return add_member(project, &Project::datasets, "/datasets");
  if (dice < 92) return add_member(project, &Project::feedback_types, "/feedback-types");
  if (dice < 96) return static_cast<void>(world_.has_room() && create_project(false));
  delete_project();
}

void Client::found_lasting_project() {
  if (!create_project(true)) throw std::runtime_error("a project could not be made");
}

void Client::read_item(const ProjectPtr& project) {
  const auto known_types = project->members(&Project::feedback_types);
  const Answer answer = get("/projects/" + project->id);
  if (answer.status == 404) return see(project->exists, kAbsent, answer);
  if (answer.status == 200) see_project(*project, known_types, json::parse(answer.body), answer);
}

void Client::read_listing() {
  struct Known {
    ProjectPtr project;
    std::vector<Member> types;
  };
  std::vector<Known> known;
  for (const ProjectPtr& project : world_.projects()) {
    known.push_back({project, project->members(&Project::feedback_types)});
  }
  const char* const order = random_() % 2 == 0 ? "" : "&sort_by=name";
  const Answer answer = get("/projects?size=" + std::to_string(kPageSize) + order);
  if (answer.status != 200) return;
  const json page = json::parse(answer.body);
  if (page.at("total").get<int>() > kPageSize) throw std::runtime_error("the race made more projects than fit a page");
  for (const auto& [project, types] : known) {
    const auto& records = page.at("records");
    const auto record = std::find_if(records.begin(), records.end(),
                                     [&, id = project->id](const json& one) { return one.at("id") == id; });
    if (record == records.end()) {
      see(project->exists, kAbsent, answer);
    } else {
      see_project(*project, types, *record, answer);
    }
  }
}

void Client::read_subtree(const ProjectPtr& project) {
  const Answer answer = get("/projects/" + project->id + "/configs");
  if (answer.status == 200) see(project->exists, kPresent, answer);
  if (answer.status == 404) see(project->exists, kAbsent, answer);
}

void Client::read_datasets(const ProjectPtr& project) {
  const auto known = project->members(&Project::datasets);
  const Answer answer = get("/projects/" + project->id + "/datasets");
  if (answer.status == 404) return see(project->exists, kAbsent, answer);
  if (answer.status != 200) return;
  see(project->exists, kPresent, answer);
  const json list = json::parse(answer.body);
  for (const Member& member : known) see(member.exists, names(list, "name", member.name) ? kPresent : kAbsent, answer);
}

void Client::see_project(const Project& project, const std::vector<Member>& known_types, const json& record,
                         const Answer& answer) {
  see(project.exists, kPresent, answer);
  see(project.name, value_of(record.at("name").get<std::string>()), answer);
  const json& types = record.at("feedback_types");
  for (const Member& member : known_types) {
    see(member.exists, names(types, "type", member.name) ? kPresent : kAbsent, answer);
  }
}

void Client::see(Register target, Value value, const Answer& answer) {
  history_.observations.push_back(
      {target, value, answer.sent, answer.ended, static_cast<std::uint32_t>(history_.reads.size() - 1)});
}

void Client::rename(const ProjectPtr& project) {
  const Value value = world_.new_name();
  write({"PATCH", "/projects/" + project->id, json{{"name", name_of(value)}}.dump(), {}}, project->name, value);
}

void Client::add_member(const ProjectPtr& project, std::vector<Member> Project::*kind, const std::string& path) {
  const Register exists = world_.new_register();
  history_.writes.push_back({exists, kAbsent, Time::min(), Time::min()});
  const std::string name = project->add_member(kind, exists);
  const json body = kind == &Project::datasets ? json{{"name", name}, {"description", "made in a race"}}
                                               : json{{"type", name}, {"class", "text"}};
  write({"POST", "/projects/" + project->id + path, body.dump(), {}}, exists, kPresent);
}

bool Client::create_project(bool lasting) {
  auto project = std::make_shared<Project>();
  project->lasting = lasting;
  project->name = world_.new_register();
  project->exists = world_.new_register();
  const Value name = world_.new_name();
  const Answer answer = write({"POST", "/projects", json{{"name", name_of(name)}}.dump(), {}}, project->name, name);
  if (answer.status != 201) return false;
  history_.writes.push_back({project->exists, kPresent, answer.sent, answer.began});
  project->id = json::parse(answer.body).at("id");
  world_.add(project);
  return true;
}

void Client::delete_project() {
  const ProjectPtr project = world_.pick_to_delete(random_);
  if (project != nullptr) write({"DELETE", "/projects/" + project->id, {}, {}}, project->exists, kAbsent);
  world_.forget_some();
}

Answer Client::get(const std::string& target) {
  Request request{"GET", target, {}, {}};
  add_read_faults(request);
  Answer answer = http_.send(request);
  ++counts_.reads;
  const bool hit = answer.cache_status.find("; hit") != std::string::npos;
  counts_.failed_reads += answer.status == 200 || answer.status == 404 ? 0 : 1;
  counts_.hits += hit ? 1 : 0;
  counts_.revalidating += hit && answer.cache_status.find("ttl=-") != std::string::npos ? 1 : 0;
  counts_.collapsed += answer.cache_status.find("collapsed") != std::string::npos ? 1 : 0;
  history_.reads.push_back("GET " + target + " [" + answer.cache_status + "]");
  return answer;
}

Answer Client::write(Request request, Register target, Value value) {
  add_write_faults(request);
  const std::string id = "race-" + std::to_string(seed_) + "-" + std::to_string(counts_.writes);
  request.fields.push_back("X-Request-ID: " + id);
  Answer answer = http_.send(request);
  ++counts_.writes;
  counts_.primed += answer.cache_status.find("stored") != std::string::npos ? 1 : 0;
  const bool unanswered = answer.status == 0 || answer.status >= 500;
  counts_.unanswered_writes += unanswered ? 1 : 0;
  if (unanswered) {
    history_.writes.push_back({target, value, answer.sent, Time::max(), false, id});
  } else if (is_success(answer.status)) {
    history_.writes.push_back({target, value, answer.sent, answer.began});
  }
  return answer;
}

void Client::add_read_faults(Request& request) {
  if (happens(250)) request.fields.push_back(field("Delay", milliseconds(random_() % 8)));
  if (happens(250)) request.fields.push_back(field("Delay-After", milliseconds(random_() % 8)));
  if (happens(20)) request.fields.emplace_back("X-Sandbox-Status: 503");
  if (happens(10)) request.fields.emplace_back("X-Sandbox-Abort: after");
  if (happens(10)) request.patience = milliseconds(1 + random_() % 6);
}

void Client::add_write_faults(Request& request) {
  if (happens(300)) request.fields.push_back(field("Delay", milliseconds(random_() % 8)));
  if (happens(300)) request.fields.push_back(field("Delay-After", milliseconds(random_() % 8)));
  if (happens(10)) request.fields.emplace_back("X-Sandbox-Status: 500");
  if (weather_at(Clock::now()) == Weather::lossy && happens(60)) lose(request);
}

void Client::lose(Request& request) {
  switch (random_() % 4) {
    case 0:  // answered 504, and takes effect after that
      request.fields = {field("Delay", upstream_timeout_ + milliseconds(20 + random_() % 100))};
      return;
    case 1:
      request.fields.emplace_back("X-Sandbox-Abort: before");
      return;
    case 2:
      request.fields.emplace_back("X-Sandbox-Abort: after");
      return;
    default:
      request.patience = milliseconds(1 + random_() % 6);
  }
}

}  // namespace pgw::consistency
