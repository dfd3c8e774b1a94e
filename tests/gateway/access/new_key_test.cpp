#include "gateway/access/new_key.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <unistd.h>
#include <vector>

#include "gateway/access/key_ring.h"
#include "support/catch.h"

using namespace pgw::access;
using namespace std::chrono_literals;
using pgw::config::Scope;

namespace {

/// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    std::ofstream(path_) << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "pgw-keys-XXXXXX").string();
};

}  // namespace

TEST_CASE("a new key is recognisable and carries 256 bits in base64url") {
  const auto made = new_key("search", {Scope::read});
  const std::string key(made.key.reveal());
  CHECK(key.size() == key_prefix.size() + 43);
  CHECK(key.starts_with("pgw_"));
  CHECK(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos);
  CHECK(made.entry.sha256 == digest_of(key));
}

TEST_CASE("new keys and their ids don't repeat, and every character position varies") {
  std::set<std::string> keys;
  std::set<std::string> ids;
  std::vector<std::set<char>> seen(key_prefix.size() + 43);
  for (int i = 0; i < 500; ++i) {
    const auto made = new_key("search", {Scope::read});
    const std::string key(made.key.reveal());
    keys.insert(key);
    ids.insert(made.entry.id);
    for (std::size_t at = 0; at < key.size(); ++at) seen[at].insert(key[at]);
  }
  CHECK(keys.size() == 500);
  CHECK(ids.size() == 500);
  for (std::size_t at = key_prefix.size(); at < seen.size(); ++at) {
    INFO("position " << at);
    CHECK(seen[at].size() >= (at + 1 == seen.size() ? 16U : 48U));  // the last one holds 4 bits, the others 6
  }
}

TEST_CASE("the entry of a new key goes into the keys file as it is, without the key") {
  const std::chrono::sys_seconds expires = std::chrono::sys_days(std::chrono::year(2027) / 1 / 31);
  const auto made = new_key("search", {Scope::read, Scope::write}, expires);
  CHECK(made.yaml.find(made.key.reveal()) == std::string::npos);
  CHECK(made.yaml.find(made.key.reveal().substr(4)) == std::string::npos);
  CHECK(made.yaml == "  - id: \"" + made.entry.id + "\"\n    team: \"search\"\n    sha256: \"" +
                         pgw::config::sha256_text(*made.entry.sha256) +
                         "\"\n    scopes: [read, write]\n    expires: 2027-01-31\n");

  const TemporaryFile file("keys:\n" + made.yaml);
  const auto loaded = pgw::config::load_keys(file.path(), std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));
  REQUIRE(loaded.ok());
  REQUIRE(loaded.entries.size() == 1);
  const auto ring = KeyRing::build(loaded.entries, {});
  const auto found = ring->find(made.key.reveal(), expires - 1s);
  REQUIRE(found.denial == Denial::none);
  CHECK(found.principal->key_id == made.entry.id);
  CHECK(found.principal->team == "search");
  CHECK(found.principal->scopes.all());
  CHECK(ring->find(made.key.reveal(), expires).denial == Denial::expired);
}

TEST_CASE("a team's name must be one that the keys file takes") {
  CHECK(new_key(std::string(64, 't'), {Scope::read}).entry.id.size() == 64);
  for (const char* name : {"", "-a", "a b", "a\nb", "a\"b", "\xc3\xbc", "other"}) {
    INFO(name);
    CHECK_THROWS_AS(new_key(name, {Scope::read}), std::invalid_argument);
  }
  CHECK_THROWS_AS(new_key(std::string(65, 't'), {Scope::read}), std::invalid_argument);
}
