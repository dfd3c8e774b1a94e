// The projects that the clients of a race know of, and the registers that stand for what is in them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "consistency/history.h"

namespace pgw::consistency {

using Random = std::mt19937;

constexpr Value kAbsent = 0;
constexpr Value kPresent = 1;

// A dataset or a feedback type. Its register is absent until it is made.
struct Member {
  std::string name;
  Register exists;
};

// Name and existence are registers: made with the project, moved by PATCH and DELETE. Members are added under the path
// of the project.
struct Project {
  std::string id;
  Register name = 0;
  Register exists = 0;
  bool lasting = false;  // never deleted
  std::atomic<bool> deleting{false};

  // Before its creation is sent, so that whoever reads later knows what to look for.
  std::string add_member(std::vector<Member> Project::*kind, Register exists);
  std::vector<Member> members(std::vector<Member> Project::*kind) const;

  std::vector<Member> datasets;        // guarded by mutex
  std::vector<Member> feedback_types;  // guarded by mutex
  mutable std::mutex mutex;
};
using ProjectPtr = std::shared_ptr<Project>;

// Thread-safe.
class World {
 public:
  Register new_register() { return registers_.fetch_add(1); }
  // A project's name is unique in the whole world, and tells the value.
  Value new_name() { return names_.fetch_add(1); }

  void add(const ProjectPtr& project);
  // What is known now; deleted ones stay for a while, as ghosts are what a stale cache shows.
  std::vector<ProjectPtr> projects() const;
  ProjectPtr pick(Random& random) const;
  // Only one caller gets to delete a project; null when there is none to spare.
  ProjectPtr pick_to_delete(Random& random) const;
  // Whether one more project may be made: a listing must fit on a page.
  bool has_room() const;
  void forget_some();

 private:
  mutable std::mutex mutex_;
  std::vector<ProjectPtr> projects_;  // guarded by mutex_
  std::atomic<Register> registers_{0};
  std::atomic<Value> names_{2};
};

std::string name_of(Value value);  // "race 17"
Value value_of(const std::string& name);

}  // namespace pgw::consistency
