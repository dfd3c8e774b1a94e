// One client of a race: reads and writes at random, with faults, and records what it saw.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "consistency/history.h"
#include "consistency/http_client.h"
#include "consistency/world.h"

namespace pgw::consistency {

struct Counts {
  std::uint64_t reads = 0;
  std::uint64_t failed_reads = 0;
  std::uint64_t hits = 0;  // answered from memory, fresh or stale
  std::uint64_t collapsed = 0;
  std::uint64_t revalidating = 0;  // served stale, with permission
  std::uint64_t writes = 0;
  std::uint64_t unanswered_writes = 0;
  std::uint64_t primed = 0;  // writes whose answer was stored

  Counts& operator+=(const Counts& other);
};

class Client {
 public:
  // `upstream_timeout`: the gateway's. `seed`: another one for each client of a stand; names its requests, too.
  Client(std::string base_url, World& world, std::chrono::milliseconds upstream_timeout, unsigned seed);

  // One request.
  void step();
  // A project for the others to work on. Throws std::runtime_error if it can't be made.
  void found_lasting_project();

  const Counts& counts() const { return counts_; }
  History take_history() { return std::move(history_); }

 private:
  void read_item(const ProjectPtr& project);
  void read_listing();
  void read_subtree(const ProjectPtr& project);
  void read_datasets(const ProjectPtr& project);
  void rename(const ProjectPtr& project);
  void add_member(const ProjectPtr& project, std::vector<Member> Project::*kind, const std::string& path);
  bool create_project(bool lasting);
  void delete_project();

  Answer get(const std::string& target);
  void add_read_faults(Request& request);
  void add_write_faults(Request& request);
  void lose(Request& request);
  // Sends it, and records the write unless the upstream refused it. False: refused.
  Answer write(Request request, Register target, Value value);

  void see(Register target, Value value, const Answer& answer);
  void see_project(const Project& project, const std::vector<Member>& known_types, const nlohmann::json& record,
                   const Answer& answer);
  bool happens(unsigned per_thousand) { return random_() % 1000 < per_thousand; }

  HttpClient http_;
  World& world_;
  const std::chrono::milliseconds upstream_timeout_;
  const unsigned seed_;
  Random random_;
  History history_;
  Counts counts_;
};

}  // namespace pgw::consistency
