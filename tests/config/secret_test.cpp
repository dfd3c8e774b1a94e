#include "config/secret.h"

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <nlohmann/json.hpp>

#include "config/files.h"
#include "config/secret_file.h"
#include "config/settings.h"
#include "support/catch.h"

using pgw::config::Secret;

namespace {

// Under AddressSanitizer the memory of a process is its shadow too, terabytes of it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool own_memory_can_be_searched = false;
#else
constexpr bool own_memory_can_be_searched = true;
#endif

constexpr char mask = 0x55;

/// A secret that is nowhere in memory as it is, so that the search doesn't find what it searches with.
std::string masked_secret() {
  std::random_device random;
  std::string masked;
  for (int i = 0; i < 32; ++i) masked += static_cast<char>(('a' + static_cast<char>(random() % 26)) ^ mask);
  return masked;
}

std::string unmasked(const std::string& masked) {
  std::string out = masked;
  for (char& c : out) c = static_cast<char>(c ^ mask);
  return out;
}

Secret secret_of(const std::string& masked) {
  std::string text = unmasked(masked);
  Secret secret(text);
  pgw::config::wipe(text.data(), text.size());
  return secret;
}

void write_unmasked(const std::filesystem::path& path, const std::string& masked) {
  std::string text = unmasked(masked);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  REQUIRE(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(file);
  pgw::config::wipe(text.data(), text.size());
}

/// How often the secret stands in what this process may write: heap, stacks, data. Read in place: a copy would be
/// found.
std::size_t occurrences(const std::string& masked) {
  std::ifstream maps("/proc/self/maps");
  std::size_t found = 0;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char rights[5] = {};
    REQUIRE(std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) == 3);
    if (std::string_view(rights) != "rw-p") continue;
    const auto* const memory = reinterpret_cast<const volatile char*>(begin);  // NOLINT: an address is what maps gives
    for (std::size_t at = 0; at + masked.size() <= end - begin; ++at) {
      std::size_t same = 0;
      while (same < masked.size() && static_cast<char>(memory[at + same] ^ mask) == masked[same]) ++same;
      found += same == masked.size() ? 1 : 0;
    }
  }
  return found;
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

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

TEST_CASE("copies share the bytes and moves leave nothing behind") {
  Secret original("the value");
  Secret copy(original);
  CHECK(copy.reveal() == "the value");
  CHECK(copy.reveal().data() == original.reveal().data());
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

TEST_CASE("a secret stands in memory once, and nowhere after its last copy went") {
  if (!own_memory_can_be_searched) return;
  const std::string masked = masked_secret();
  REQUIRE(occurrences(masked) == 0);
  Secret secret = secret_of(masked);
  CHECK(occurrences(masked) == 1);
  {
    const Secret copy(secret);
    const auto shared = std::make_shared<const Secret>(copy);
    CHECK(occurrences(masked) == 1);
    secret = Secret("another");
    CHECK(occurrences(masked) == 1);
  }
  CHECK(occurrences(masked) == 0);
}

/// The kernel's flags of the memory that `address` lies in: VmFlags of smaps.
std::string flags_of_memory_at(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool is_within = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) is_within = begin <= wanted && wanted < end;
    if (is_within && line.starts_with("VmFlags:")) return line + ' ';
  }
  return {};
}

TEST_CASE("no core dump gets a secret") {
  const Secret secret("a secret of its own page");
  const std::string flags = flags_of_memory_at(secret.reveal().data());
  if (flags.empty()) return;  // a kernel that tells none
  CHECK(flags.find(" dd ") != std::string::npos);
}

TEST_CASE("a secret whose file was replaced is nowhere in memory") {
  if (!own_memory_can_be_searched) return;
  const pgw::config::test::Directory directory;
  const std::string masked = masked_secret();
  const auto path = directory / "key";
  write_unmasked(path, masked);
  pgw::config::SecretFile file(path);
  CHECK(occurrences(masked) == 1);
  directory.write("key", "the next credential");
  REQUIRE(file.refresh() == pgw::config::SecretFile::Change::replaced);
  CHECK(occurrences(masked) == 0);
}

TEST_CASE("a secret from the environment stands in memory once beside the environment") {
  if (!own_memory_can_be_searched) return;
  const pgw::config::test::Directory directory;
  directory.write("projects-v4.openapi.yaml", "openapi: 3.0.0\n");
  const std::string masked = masked_secret();
  const auto environment = [&](const std::string&) { return std::optional(unmasked(masked)); };
  const auto config = directory.write("gateway.yaml",
                                      "upstream: {url: 'https://up.example', credential: {header: X-API-KEY, value: "
                                      "'${KEY}'}}\naccess: {mode: open}\n");
  auto loaded = pgw::config::load_settings(config, environment);
  REQUIRE(loaded.settings);
  CHECK(occurrences(masked) == 1);
  loaded = {};
  CHECK(occurrences(masked) == 0);
}
