#include "config/secret.h"

#include <algorithm>
#include <concepts>
#include <cstdlib>
#include <new>
#include <ostream>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "support/catch.h"

using pgw::config::Secret;

namespace {

// The heap as Secret sees it: the test watches one block and notes what is in it when it is freed.
const void* watched = nullptr;
std::size_t watched_size = 0;
bool freed_as_zeros = false;

void release(void* block) noexcept {
  if (block != nullptr && block == watched) {
    const auto* bytes = static_cast<const char*>(block);
    freed_as_zeros = std::all_of(bytes, bytes + watched_size, [](char byte) { return byte == 0; });
    watched = nullptr;
  }
  std::free(block);
}

void watch(const Secret& secret) {
  watched = secret.reveal().data();
  watched_size = secret.reveal().size();
  freed_as_zeros = false;
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

void* operator new[](std::size_t size) {
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void operator delete[](void* block) noexcept {
  release(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  release(block);
}

static_assert(Printable<std::string>);
static_assert(!Printable<Secret>);
static_assert(std::constructible_from<nlohmann::json, std::string>);
static_assert(!std::constructible_from<nlohmann::json, Secret>);
static_assert(!std::constructible_from<nlohmann::json, const Secret&>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(std::equality_comparable<std::string>);
static_assert(!std::equality_comparable<Secret>);

TEST_CASE("a secret reveals its bytes, all of them") {
  const std::string bytes("a\0b", 3);
  const Secret secret(bytes);
  CHECK(secret.reveal() == bytes);
  CHECK_FALSE(secret.empty());
  CHECK(Secret().empty());
  CHECK(Secret("").reveal().empty());
}

TEST_CASE("copies are independent and moves leave nothing behind") {
  Secret original("the value");
  Secret copy(original);
  CHECK(copy.reveal() == "the value");
  CHECK(copy.reveal().data() != original.reveal().data());
  const Secret moved(std::move(original));
  CHECK(moved.reveal() == "the value");
  CHECK(original.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the point
  copy = Secret("another");
  CHECK(copy.reveal() == "another");
  const Secret& self = copy;
  copy = self;
  CHECK(copy.reveal() == "another");
}

TEST_CASE("a secret is compared as a whole") {
  const Secret secret("the value");
  CHECK(secret.equals("the value"));
  CHECK_FALSE(secret.equals("the valuf"));
  CHECK_FALSE(secret.equals("the valu"));
  CHECK_FALSE(secret.equals(""));
  CHECK(Secret().equals(""));
}

TEST_CASE("the memory of a secret is zeros when it is freed") {
  SECTION("by its end") {
    {
      const Secret secret("the value");
      watch(secret);
    }
    CHECK(freed_as_zeros);
  }
  SECTION("by an assignment") {
    Secret secret("the value");
    watch(secret);
    secret = Secret("another");
    CHECK(freed_as_zeros);
  }
  SECTION("by a copy assignment") {
    Secret secret("the value");
    const Secret other("another");
    watch(secret);
    secret = other;
    CHECK(freed_as_zeros);
  }
}
