// RowChecks: the checks that compare one number of a server's answer with a threshold. Each is a line of a table that
// names the metric; the columns are found when it is made. Pure but for the growths it is given; loop thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/check_limits.h"
#include "agent/fleet.h"
#include "config/checks.h"

namespace lookout {

class RowChecks {
 public:
  RowChecks(std::span<const Collector> collectors, const CheckLimits& limits);

  // What is wrong by this answer of the server, which is not yet among its blocks.
  [[nodiscard]] std::vector<Violation> look(Server& server, std::size_t collector, const Block& block) const;

 private:
  struct Bound {  // a line of the table with its columns
    std::size_t line;
    Column column;
    std::vector<Column> over;
    std::size_t account;  // index of the label
    std::size_t where;    // index of the label by which rows are chosen
    std::size_t index;    // among the bounds
  };
  void look_at(const Bound& bound, Server& server, const Block& block, std::vector<Violation>& out) const;
  [[nodiscard]] std::optional<Violation> judge(const Bound& bound, const Server& server, const Part& part,
                                               std::size_t row, double value) const;
  [[nodiscard]] std::optional<double> limit_of(const Bound& bound, const Server& server, const Block& block,
                                               std::size_t row) const;
  [[nodiscard]] std::optional<double> value_of(const Bound& bound, Server& server, const Block& block,
                                               std::size_t row) const;
  [[nodiscard]] static double growth_of(std::size_t counter, const Column& column, std::string_view row, double value,
                                        Server& server, const Block& block);
  [[nodiscard]] std::optional<double> growth(const Bound& bound, Server& server, const Block& block,
                                             std::size_t row) const;

  const std::span<const Collector> collectors_;
  const CheckLimits& limits_;
  std::vector<Bound> bounds_;  // by collector
};

}  // namespace lookout
