// What the benchmark's programs share at their edges: arguments in, a file read, an error told.
#pragma once

#include <string>

namespace pgw::bench {

/// The whole of `main`: what `run` throws is told on standard error, under the program's name. Gives the exit status.
int run_program(const char* name, int (*run)(int argc, char** argv), int argc, char** argv);

/// Throws std::runtime_error if the file can't be opened.
std::string content_of(const std::string& path);

}  // namespace pgw::bench
