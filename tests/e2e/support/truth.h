// Truth: what servers say of themselves when a plain NATS client asks them over the system account. Rows and numbers
// are found by a table of Sources, which says what each family of /metrics has to be; nothing of the agent's code takes
// part. One thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/support/nats.h"
#include "tests/e2e/support/page.h"
#include "tests/e2e/support/server.h"

namespace lookout::e2e {

// How a JSON value becomes the number on the page.
enum class Read {
  number,
  or_zero,      // left out of the answer when it is zero
  if_any,       // the page may leave it out when it is zero
  nanoseconds,  // to seconds; negative is absent
  time_limit,   // the same; 0, which means unlimited, is absent
  percent,      // to a ratio
  flag,         // false when left out
  stated_flag,  // absent when left out
  time,         // to unix seconds; Go's zero time is absent
  limit,        // -1 and 2^64-1, which mean unlimited, are absent
  ok,           // whether the text is "ok"
  own_name,     // whether the text is the answering server's name
  duration,     // Go's text, for moving values; "0s", which is not measured yet, is absent
  one,          // the row itself
};

enum class When {
  steady,   // between what the servers said before and after: the same, or a counter on its way
  moving,   // its series are compared, its value is not
  passing,  // not even its series: they come and go
  lasting,  // at least what the servers say: they forget what connections carried that are gone, the page does not
};

struct Fact {
  const char* family;
  const char* value;  // JSON pointer in the row, as in Source
  Read read = Read::number;
  When when = When::steady;
  Labels label = {};  // a label that is not in the reply
};

// Whose labels precede a row's own.
enum class Whose {
  server,      // nats_cluster and server
  asset,       // nats_cluster and domain
  domain,      // domain
  deployment,  // none
};

enum class Join {
  sum,      // rows of equal labels
  highest,  // of rows of equal labels
  any,      // several servers tell the same, as each has last heard it
};

// Rows in the servers' answers to one question.
struct Source {
  const char* endpoint;  // "VARZ", or a subject that begins with "$SYS"
  nlohmann::json body{};
  const char* rows;  // JSON pointer; "*" stands for every element. "^" in front of a row's pointer goes one "*" up
  std::vector<std::pair<const char*, const char*>> labels{};  // name, pointer; "@key": the member's name
  std::vector<Fact> facts;
  Whose whose = Whose::server;
  Join join = Join::sum;
  const char* leader = "";  // pointer to a name: only rows that the answering server leads, or that are not replicated
  const char* since = "";   // the first version whose answer means anything
};

struct Range {
  double low = 0;
  double high = 0;
};
using Series = std::map<Labels, Range>;

class Truth {
 public:
  Truth(const std::string& url, const std::vector<NatsServer*>& servers);

  // The whole answer of a server; null when it gave none. While an agent listens to "$SYS.>", a question that
  // nobody knows is not refused but waited for.
  [[nodiscard]] nlohmann::json ask(const std::string& server, const std::string& endpoint,
                                   const nlohmann::json& body = {}) const;

  // What the page has to hold now, by family.
  [[nodiscard]] std::map<std::string, Series> values(const std::vector<Source>& sources) const;

  // Servers that no longer answer are no longer asked; an id changes with every start.
  void set_servers(const std::vector<NatsServer*>& servers);

 private:
  struct Asked {
    std::string id;
    std::string version;
  };
  Nats nats_;
  std::map<std::string, Asked> servers_;  // by name
};

// What is wrong with the page: one line for each series that is missing, too much or has another value.
[[nodiscard]] std::vector<std::string> compare(const Page& page, const std::vector<Source>& sources,
                                               const std::map<std::string, Series>& before,
                                               const std::map<std::string, Series>& after);

// Families on the page whose names begin with `prefix` and that no source tells of.
[[nodiscard]] std::set<std::string> without_truth(const Page& page, const std::vector<Source>& sources,
                                                  const std::string& prefix);

}  // namespace lookout::e2e
