#include "consistency/world.h"

#include <algorithm>

namespace pgw::consistency {
namespace {

constexpr std::size_t kMostAlive = 24;
constexpr std::size_t kMostGhosts = 12;
constexpr std::string_view kNamePrefix = "race ";

}  // namespace

std::string Project::add_member(std::vector<Member> Project::*kind, Register its_register) {
  const std::lock_guard lock(mutex);
  std::vector<Member>& list = this->*kind;
  return list.emplace_back(Member{"m" + std::to_string(list.size()), its_register}).name;
}

std::vector<Member> Project::members(std::vector<Member> Project::*kind) const {
  const std::lock_guard lock(mutex);
  return this->*kind;
}

void World::add(const ProjectPtr& project) {
  const std::lock_guard lock(mutex_);
  projects_.push_back(project);
}

std::vector<ProjectPtr> World::projects() const {
  const std::lock_guard lock(mutex_);
  return projects_;
}

ProjectPtr World::pick(Random& random) const {
  const std::lock_guard lock(mutex_);
  return projects_[random() % projects_.size()];
}

ProjectPtr World::pick_to_delete(Random& random) const {
  const ProjectPtr project = pick(random);
  return project->lasting || project->deleting.exchange(true) ? nullptr : project;
}

bool World::has_room() const {
  const std::lock_guard lock(mutex_);
  const auto alive = std::count_if(projects_.begin(), projects_.end(), [](const auto& one) { return !one->deleting; });
  return static_cast<std::size_t>(alive) < kMostAlive;
}

void World::forget_some() {
  const std::lock_guard lock(mutex_);
  auto ghosts = std::count_if(projects_.begin(), projects_.end(), [](const auto& one) { return one->deleting.load(); });
  const auto surplus = [&](const ProjectPtr& one) {
    return one->deleting && static_cast<std::size_t>(ghosts--) > kMostGhosts;
  };
  projects_.erase(std::remove_if(projects_.begin(), projects_.end(), surplus), projects_.end());
}

std::string name_of(Value value) {
  return std::string(kNamePrefix) + std::to_string(value);
}

Value value_of(const std::string& name) {
  return name.starts_with(kNamePrefix) ? std::stoll(name.substr(kNamePrefix.size())) : -1;
}

}  // namespace pgw::consistency
