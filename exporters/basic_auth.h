// BasicAuth: holds user names and passwords against bcrypt hashes. A hash takes tens of milliseconds by design, so a
// password that was right once is known again by a keyed digest, and of all others one is checked at a time, with few
// waiting: a flood of wrong passwords can use up neither the processor nor the threads. Any thread.
#pragma once

#include <prometheus/counter.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace lookout {

class BasicAuth {
 public:
  enum class Verdict { right, wrong, busy };

  // Users to bcrypt hashes, at least one. `checks` counts passwords held against a hash.
  BasicAuth(std::map<std::string, std::string> users, prometheus::Counter& checks);

  // Of an Authorization header; an empty one is wrong.
  [[nodiscard]] Verdict judge(std::string_view authorization);

 private:
  using Digest = std::array<unsigned char, 32>;

  [[nodiscard]] Digest digest_of(const std::string& user, const std::string& password) const;
  [[nodiscard]] bool known(const std::string& user, const Digest& digest) const;
  [[nodiscard]] bool check(const std::string& user, const std::string& password, const Digest& digest);

  const std::map<std::string, std::string> users_;
  const std::string nobodys_hash_;  // an unknown user takes as long as a known one
  const Digest key_;                // of digests
  prometheus::Counter& checks_;
  std::atomic<int> waiting_ = 0;
  std::mutex turn_;
  mutable std::mutex guard_;
  std::map<std::string, Digest> right_;  // by user: so there are never more than users
};

}  // namespace lookout
