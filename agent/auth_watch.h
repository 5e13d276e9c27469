// AuthWatch: what failed authentications mean together. Events that are one client walking the servers of a cluster are
// one attempt; attempts by source and by user are compared with the patterns of attacks and accidents. All memory is
// bounded. Owned by State; loop thread; time is a parameter. Not used with --scope=server, which does not see them all;
// with shards the first one sees for all.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "agent/event.h"
#include "agent/finding.h"
#include "agent/snapshot.h"
#include "agent/suspects.h"
#include "config/config.h"

namespace lookout {

// A bounded set of texts (by their hashes) that forgets the oldest half when it is full.
class TextMemory {
 public:
  explicit TextMemory(std::size_t capacity) : capacity_(capacity) {}
  void insert(std::string_view a, std::string_view b);
  [[nodiscard]] bool contains(std::string_view a, std::string_view b) const;

 private:
  static std::size_t hash(std::string_view a, std::string_view b);

  const std::size_t capacity_;
  std::array<std::unordered_set<std::size_t>, 2> halves_;
};

class AuthWatch {
 public:
  explicit AuthWatch(const AuthLimits& limits) : limits_(limits) {}
  void set(const AuthLimits& limits) { limits_ = limits; }

  // The account that the agent's own user is in: whoever claims one of its users attacks the deployment itself.
  void system_account(std::string_view account) { system_account_ = account; }

  // A refused login (AUTH.ERR).
  void failed(const Event& event, Now now);
  // A CONNECT that counts.
  void connected(const Event& event, Now now);
  // An open connection ended because its credentials no longer hold.
  void expelled(const Event& event, Now now);

  struct Raised {
    AuthPattern pattern;
    bool changes;     // it begins, or ends
    Finding finding;  // state ok: the pattern has ended
  };
  // Compares with the patterns: those that hold now, of every cluster, and, for a while, those that no longer do.
  [[nodiscard]] std::vector<Raised> evaluate(Now now);

  // For the journal: attempts of clusters, all or those that changed since the last call; and as they were then.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> attempts() const;
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> flush();
  void restore(const std::string& name, std::uint64_t attempts);

  // The worst sources and users, as of the last evaluate(); null: none.
  [[nodiscard]] std::shared_ptr<const AuthTops> tops() const { return tops_; }

  // One entry for each cluster that had an attempt or a login.
  [[nodiscard]] std::vector<AuthView> view(Now now) const;

 private:
  static constexpr std::size_t kSuspects = 2048;
  static constexpr std::size_t kMaxClusters = 1024;

  struct Attempt {
    Mono since;
    std::uint64_t servers = 0;  // one bit for each, by the hash of its id
  };
  struct Cluster {
    std::uint64_t attempts = 0;
    std::uint64_t flushed = 0;
    Window failures;
    Window logins;
    std::array<bool, kAuthPatterns> active{};
    std::array<Mono, kAuthPatterns> ended{};  // when it last did not hold any more

    bool turn(std::size_t pattern, bool holds, Mono now);
    [[nodiscard]] bool is_told(std::size_t pattern, Mono now) const;
  };
  struct Break {  // a login after failures
    std::string cluster;
    std::string source;
    std::string user;
    std::uint64_t failures;
    bool known;
    Mono at;
  };
  // The evidence of one pattern in one cluster.
  struct Case {
    Health state = Health::ok;
    std::uint64_t count = 0;
    std::map<std::string, std::uint64_t> sources;
    std::map<std::string, std::uint64_t> users;
  };
  using Cases = std::map<std::pair<std::size_t, std::string>, Case>;  // by pattern and cluster

  [[nodiscard]] const AuthLimit& limit(AuthPattern pattern) const { return limits_[static_cast<std::size_t>(pattern)]; }
  Cluster* cluster(std::string_view name);
  bool is_new_attempt(const Event& event, std::string_view source, std::string_view user, Mono now);
  [[nodiscard]] bool claims_system(const ClientInfo& client, std::string_view user) const;
  // Whether `limit` is set and `count` reaches it.
  [[nodiscard]] static bool reaches(const AuthLimit& limit, std::uint64_t count) {
    return limit.count > 0 && count >= limit.count;
  }
  void add(Cases& cases, AuthPattern pattern, const Suspect& suspect, bool is_source, Mono now) const;
  void judge_source(Cases& cases, const Suspect& source, Mono now) const;
  void judge_user(Cases& cases, const Suspect& user, Mono now);
  void judge_each(Cases& cases, const Suspects& table, AuthPattern pattern, bool is_source, Mono now) const;
  void judge_clusters(Cases& cases, Mono now) const;
  void judge_breaks(Cases& cases, Mono now);
  std::vector<Raised> raise(const Cases& cases, Mono now);
  static Finding finding_of(std::size_t pattern, const std::string& cluster, const Case* found);
  [[nodiscard]] bool lost_its_credentials(const Suspect& user, Mono now);

  AuthLimits limits_;
  std::string system_account_;
  std::array<std::unordered_map<std::string, Attempt>, 2> attempts_;  // this generation, and the one before
  Mono turned_{};
  Suspects sources_{kSuspects};
  Suspects users_{kSuspects};
  Suspects leafnodes_{kSuspects / 8};
  Suspects system_{kSuspects / 8};
  Suspects expelled_{kSuspects / 8};  // users whose credentials expired or were revoked
  TextMemory logins_{65536};          // source and user of logins
  TextMemory system_users_{1024};     // users seen in the system account
  std::deque<Break> breaks_;
  std::shared_ptr<const AuthTops> tops_;
  std::map<std::string, Cluster, std::less<>> clusters_;
};

}  // namespace lookout
