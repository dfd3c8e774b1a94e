// Reads the text exposition format as a scraper does.
#pragma once

#include <map>
#include <optional>
#include <sstream>
#include <string>

namespace pgw::metrics::test {

/// The samples of an exposition by name and labels: "gateway_requests_total{cache="hit",operation="a"}", labels sorted
/// by name.
inline std::map<std::string, double> samples(const std::string& exposition) {
  std::map<std::string, double> out;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto space = line.rfind(' ');
    std::string series = line.substr(0, space);
    if (const auto brace = series.find('{'); brace != std::string::npos) {
      std::map<std::string, std::string> labels;
      std::istringstream parts(series.substr(brace + 1, series.size() - brace - 2));
      for (std::string part; std::getline(parts, part, ',');) labels.emplace(part.substr(0, part.find('=')), part);
      series.resize(brace + 1);
      for (const auto& [name, part] : labels) series += (series.back() == '{' ? "" : ",") + part;
      series += '}';
    }
    out[series] = std::stod(line.substr(space + 1));
  }
  return out;
}

inline std::optional<double> sample(const std::string& exposition, const std::string& series) {
  const auto all = samples(exposition);
  const auto found = all.find(series);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

/// How many series of a metric there are.
inline int count_of(const std::string& exposition, const std::string& name) {
  int count = 0;
  for (const auto& [series, unused] : samples(exposition)) {
    count += series == name || series.starts_with(name + "{") ? 1 : 0;
  }
  return count;
}

}  // namespace pgw::metrics::test
