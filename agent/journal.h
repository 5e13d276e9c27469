// Journal: what is counted and what it has counted already, in a file that survives the process. Batches are appended,
// each with a checksum, and what a batch says replaces what earlier ones said; now and then the whole is written anew.
// A batch is one write(): it survives a kill of the process, not a loss of power. Owned by the loop; loop thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/clock.h"
#include "config/result.h"

namespace lookout {

class Journal {
 public:
  using Batch = nlohmann::json;
  static constexpr Millis kPatience{100};  // a write that takes longer holds up the loop

  // `directory` exists, or is made. `owner` says what the counts are of: a file of another owner is foreign.
  Journal(std::string directory, std::string owner);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // All batches of the file in their order; none where there is no file. What is wrong with it is said in problem(),
  // and what was read before that is given: a torn end is what a kill leaves, and no problem.
  [[nodiscard]] std::vector<Batch> load();

  // False: not written, problem() says why. After a failure nothing more is appended until the whole is written.
  bool append(const Batch& batch);
  // Writes the whole anew, beside the old file and then in its place.
  bool rewrite(const Batch& whole);
  // The file is much larger than the whole, or cannot be appended to: it is time to write it anew.
  [[nodiscard]] bool wants_rewrite() const;

  [[nodiscard]] bool ok() const { return problem_.empty(); }
  [[nodiscard]] const std::string& problem() const { return problem_; }  // for a person; empty: none
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }           // of the file

 private:
  bool write_record(int fd, const Batch& batch);
  bool fail(const std::string& what);
  void close_file();

  const std::string directory_;
  const std::string owner_;
  int lock_ = -1;
  int fd_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint64_t whole_ = 0;  // bytes after the last rewrite
  std::string problem_;
};

}  // namespace lookout
