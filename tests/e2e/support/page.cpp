#include "tests/e2e/support/page.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace lookout::e2e {
namespace {

bool contains(const Labels& labels, const Labels& match) {
  return std::all_of(match.begin(), match.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

// Reads `"..."` from `at`, unescaped; false when it is not closed.
bool read_quoted(const std::string& line, std::size_t& at, std::string& value) {
  if (line[at++] != '"') return false;
  for (; at < line.size(); ++at) {
    if (line[at] == '"') {
      ++at;
      return true;
    }
    if (line[at] == '\\' && ++at < line.size() && line[at] == 'n') {
      value += '\n';
    } else if (at < line.size()) {
      value += line[at];
    }
  }
  return false;
}

}  // namespace

Page::Page(const std::string& text) : text_(text) {
  std::istringstream lines(text);
  std::set<std::pair<std::string, Labels>> seen;
  if (text.empty() || text.back() != '\n') problem_ = "the page does not end with a newline";
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (!parse_sample(line)) {
      if (problem_.empty()) problem_ = "not a sample: " + line;
    } else if (!seen.insert({samples_.back().name, samples_.back().labels}).second && problem_.empty()) {
      problem_ = "twice on the page: " + line;
    }
  }
}

bool Page::parse_sample(const std::string& line) {
  Sample sample;
  std::size_t at = line.find_first_of("{ ");
  if (at == std::string::npos || at == 0) return false;
  sample.name = line.substr(0, at);
  if (line[at] == '{') {
    ++at;
    while (at < line.size() && line[at] != '}') {
      const std::size_t equals = line.find('=', at);
      if (equals == std::string::npos || equals + 1 >= line.size()) return false;
      const std::string label = line.substr(at, equals - at);
      at = equals + 1;
      if (!read_quoted(line, at, sample.labels[label])) return false;
      if (at < line.size() && line[at] == ',') ++at;
    }
    ++at;
  }
  if (at >= line.size() || line[at] != ' ') return false;
  const char* start = line.c_str() + at + 1;
  char* end = nullptr;
  sample.value = std::strtod(start, &end);
  if (end == start || *end != '\0') return false;
  samples_.push_back(std::move(sample));
  return true;
}

std::vector<Sample> Page::samples(const std::string& name, const Labels& match) const {
  std::vector<Sample> found;
  std::copy_if(samples_.begin(), samples_.end(), std::back_inserter(found),
               [&](const Sample& sample) { return sample.name == name && contains(sample.labels, match); });
  return found;
}

double Page::sum(const std::string& name, const Labels& match) const {
  double total = 0;
  for (const Sample& sample : samples(name, match)) total += sample.value;
  return total;
}

std::optional<double> Page::value(const std::string& name, const Labels& match) const {
  const std::vector<Sample> found = samples(name, match);
  if (found.size() != 1) return std::nullopt;
  return found.front().value;
}

std::set<std::string> Page::families(const Labels& match) const {
  std::set<std::string> names;
  for (const Sample& sample : samples_) {
    if (contains(sample.labels, match)) names.insert(sample.name);
  }
  return names;
}

std::set<std::string> Page::series(const std::string& prefix) const {
  std::set<std::string> all;
  for (const Sample& sample : samples_) {
    if (!sample.name.starts_with(prefix)) continue;
    std::string text = sample.name;
    for (const auto& [name, value] : sample.labels) text.append(" ").append(name).append("=").append(value);
    all.insert(text);
  }
  return all;
}

std::string Page::grep(const std::string& part) const {
  std::istringstream lines(text_);
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(part) != std::string::npos) found += line + '\n';
  }
  return found;
}

}  // namespace lookout::e2e
