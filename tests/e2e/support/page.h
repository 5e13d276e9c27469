// Page: one answer of /metrics, parsed as Prometheus would: strict about syntax and duplicates. A value.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lookout::e2e {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  Labels labels;
  double value = 0;
};

class Page {
 public:
  Page() = default;
  explicit Page(const std::string& text);

  // The first thing a Prometheus would refuse; empty: none.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // Every sample of the family whose labels contain `match`.
  [[nodiscard]] std::vector<Sample> samples(const std::string& name, const Labels& match = {}) const;
  [[nodiscard]] std::size_t count(const std::string& name, const Labels& match = {}) const {
    return samples(name, match).size();
  }
  // Their sum; 0 when there is none.
  [[nodiscard]] double sum(const std::string& name, const Labels& match = {}) const;
  // The only one; none when there are none or several.
  [[nodiscard]] std::optional<double> value(const std::string& name, const Labels& match = {}) const;
  [[nodiscard]] bool is(const std::string& name, const Labels& match, double expected) const {
    return value(name, match) == expected;
  }

  // Every series, without its value, whose name begins with `prefix`.
  [[nodiscard]] std::set<std::string> series(const std::string& prefix = "") const;

  // Names of the families that have a sample with these labels.
  [[nodiscard]] std::set<std::string> families(const Labels& match) const;

  // The lines that contain `part`, for failure messages.
  [[nodiscard]] std::string grep(const std::string& part) const;

 private:
  bool parse_sample(const std::string& line);

  std::string text_;
  std::string problem_;
  std::vector<Sample> samples_;
};

}  // namespace lookout::e2e
