// Starting a sandbox: its address, its database, what it refuses, and many clients at once.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <unistd.h>
#include <vector>

#include "sandbox/fixture.h"

using nlohmann::json;
using pgw::sandbox::Options;
using pgw::sandbox::Sandbox;
using pgw::sandbox::test::Client;
using pgw::sandbox::test::Fixture;
using pgw::sandbox::test::Response;
using pgw::sandbox::test::start;
using pgw::sandbox::test::test_options;

namespace fs = std::filesystem;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "pgw-sandbox-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  fs::path path;
};

Options with_database(const fs::path& file) {
  Options options = test_options();
  options.database = file.string();
  return options;
}

}  // namespace

TEST_CASE("a database file outlives its sandbox") {
  const TemporaryDirectory directory;
  const Options options = with_database(directory.path / "sandbox.db");
  json made;
  {
    Fixture api(options);
    made = api.create_project("Kept");
    CHECK(api.remove("/projects/pr_release").status == 204);
  }
  Fixture api(options);
  CHECK(api.get("/projects/" + made.at("id").get<std::string>()).json() == made);
  CHECK(api.get("/projects/pr_release").status == 404);
  CHECK(api.get("/projects").json().at("total") == 3);
  CHECK(api.create_project("Later").at("created_at") > made.at("created_at"));
}

TEST_CASE("without seed a new database has no projects but can be worked with") {
  Options options = test_options();
  options.seed = false;
  Fixture api(options);
  CHECK(api.get("/projects").json().at("total") == 0);
  const std::string project = "/projects/" + api.create_project("First").at("id").get<std::string>();
  const json configs = api.get(project + "/configs").json();
  CHECK(api.patch(project + "/deploy-config", {{"config_id", configs[0].at("config").at("id")}}).status == 200);
}

TEST_CASE("two sandboxes in memory share nothing") {
  Fixture one;
  Fixture two;
  one.create_project("Only here");
  CHECK(two.get("/projects?filter=only").json().at("total") == 0);
}

TEST_CASE("the address tells what is really bound") {
  const std::string listen = GENERATE("127.0.0.1:0", "[::1]:0");
  Options options = test_options();
  options.listen = listen;
  const auto sandbox = start(options);
  CHECK(sandbox->url().starts_with("http://" + listen.substr(0, listen.size() - 1)));
  CHECK(sandbox->url().ends_with("/v4"));
  CHECK(Client(sandbox->url()).send({"GET", "/projects"}).status == 200);
}

TEST_CASE("what makes a start impossible is told") {
  const TemporaryDirectory directory;
  const auto running = start();
  const std::string url = running->url();
  Options options = test_options();
  std::string expected;
  SECTION("an address that isn't one") {
    options.listen = GENERATE("8080", "127.0.0.1:http", "127.0.0.1:70000", ":80", "127.0.0.1:");
    expected = "isn't ADDRESS:PORT";
  }
  SECTION("an address that is taken") {
    options.listen = url.substr(7, url.find('/', 7) - 7);
    expected = "cannot listen on " + options.listen;
  }
  SECTION("a contract that isn't there") {
    options.contract_file = directory.path / "none.yaml";
    expected = "none.yaml";
  }
  SECTION("a contract of another API") {
    options.contract_file = directory.path / "other.yaml";
    std::ofstream(options.contract_file) << "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n"
                                            "      operationId: A\n      responses: {'200': {description: d}}\n";
    expected = "A isn't implemented by the sandbox";
  }
  SECTION("a database that can't be made") {
    options.database = (directory.path / "none" / "sandbox.db").string();
    expected = "SQLite: unable to open database file";
  }
  SECTION("a database that isn't one") {
    options.database = (directory.path / "text.db").string();
    std::ofstream(options.database) << std::string(4096, 'x');
    expected = "SQLite: file is not a database";
  }
  SECTION("no threads") {
    options.threads = 0;
    expected = "threads";
  }
  const Sandbox::Outcome outcome = Sandbox::start(options);
  CHECK_FALSE(outcome.sandbox);
  REQUIRE_FALSE(outcome.errors.empty());
  CHECK(outcome.errors.front().find(expected) != std::string::npos);
}

TEST_CASE("many clients at once each read their own writes, and no name is given twice") {
  constexpr int clients = 8;
  constexpr int rounds = 25;
  Options options = test_options();
  options.threads = 4;
  const auto sandbox = start(options);
  std::atomic<int> failures{0};
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < clients; ++number) {
    threads.emplace_back([&, number] {
      Client client(sandbox->url());
      for (int round = 0; round < rounds; ++round) {
        const std::string shared_name = "shared " + std::to_string(round);
        if (client.send({"POST", "/projects", json{{"name", shared_name}}.dump()}).status == 201) ++made;
        const std::string own_name = "client " + std::to_string(number) + " round " + std::to_string(round);
        const Response renamed = client.send({"PATCH", "/projects/pr_release", json{{"name", own_name}}.dump()});
        const Response created = client.send({"POST", "/projects", json{{"name", own_name + "!"}}.dump()});
        if (renamed.status != 200 || created.status != 201) ++failures;
        const std::string id = created.json().value("id", "");
        if (client.send({"GET", "/projects/" + id}).json().value("name", "") != own_name + "!") ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(made == rounds);
  Client client(sandbox->url());
  const json all = client.send({"GET", "/projects?size=1000&sort_by=created_at&order=asc"}).json();
  CHECK(all.at("total") == 3 + rounds + clients * rounds);
  std::set<std::string> times;
  for (const json& project : all.at("records")) times.insert(project.at("created_at").get<std::string>());
  CHECK(times.size() == all.at("records").size());
}

TEST_CASE("clients that leave before their answer harm nobody") {
  Options options = Fixture::faulty_options();
  options.threads = 1;
  Fixture api(options);
  for (int i = 0; i < 50; ++i) {
    pgw::sandbox::test::RawConnection hasty(api.sandbox->url());
    hasty.write("GET /v4/projects HTTP/1.1\r\nHost: x\r\nX-API-KEY: k\r\nX-Sandbox-Delay: 5ms\r\n\r\n");
  }
  for (int i = 0; i < 50; ++i) {
    Client client(api.sandbox->url());
    CHECK(client.send({"GET", "/projects/pr_sales"}).json().at("id") == "pr_sales");
  }
}
