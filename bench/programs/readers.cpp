// Clients that take large responses slowly, each one response at a fixed pace; prints one JSON line when all are done.
#include <cerrno>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "http_client.h"
#include "program.h"
#include "sockets.h"

namespace pgw::bench {
namespace {

constexpr std::chrono::milliseconds tick{10};
constexpr int receive_buffer = 64 * 1024;  // so that what isn't read stays with the server

struct Reader {
  Descriptor socket;
  ResponseReader response;
  bool done = false;
};

/// Reads at most `allowance` bytes.
void read_some(Reader& reader, std::size_t allowance) {
  static char buffer[256 * 1024];
  while (allowance > 0 && !reader.done) {
    const auto size = recv(reader.socket.get(), buffer, std::min(allowance, sizeof buffer), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) throw std::runtime_error("the server closed a connection");
    reader.done = reader.response.take({buffer, static_cast<std::size_t>(size)});
    allowance -= static_cast<std::size_t>(size);
  }
  if (reader.done && reader.response.status() != 200) throw std::runtime_error("an answer was not 200");
}

void read_all(std::vector<Reader>& readers, std::size_t bytes_per_tick) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  std::size_t done = 0;
  while (done < readers.size()) {
    std::this_thread::sleep_for(tick);
    done = 0;
    for (Reader& reader : readers) {
      read_some(reader, bytes_per_tick);
      done += reader.done ? 1 : 0;
    }
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("the server is too slow for this load");
  }
}

int run(int argc, char** argv) {
  CLI::App app{"Reads large responses slowly"};
  std::uint16_t port = 0;
  std::size_t connections = 64;
  std::size_t rate = std::size_t{4} * 1024 * 1024;
  RequestOptions request;
  app.add_option("--port", port)->required();
  app.add_option("--connections", connections);
  app.add_option("--rate", rate, "bytes per second that each takes");
  app.add_option("--target", request.target)->required();
  app.add_option("--spread", request.spread);
  app.add_option("--header", request.headers);
  CLI11_PARSE(app, argc, argv);

  RequestSource source(request);
  std::vector<Reader> readers(connections);
  for (Reader& reader : readers) {
    reader.socket = connect_to(port, receive_buffer);
    const auto bytes = source.next();
    send(reader.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  const auto began = std::chrono::steady_clock::now();
  read_all(readers, rate * tick.count() / 1000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cout << "{\"responses\":" << readers.size() << ",\"seconds\":" << took.count() << "}" << std::endl;
  return 0;
}

}  // namespace
}  // namespace pgw::bench

int main(int argc, char** argv) {
  return pgw::bench::run_program("bench-readers", &pgw::bench::run, argc, argv);
}
