// ConnectEvents: an endless row of CONNECT events of different connections, made from a recorded one by changing digits
// in place, so that making one costs next to nothing. A value; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lookout::bench {

// A recorded message of tests/fixtures, as the bench's own server "bench" with the id kServerId would send it now.
[[nodiscard]] std::string recorded_as(const std::string& what, const std::string& name, const std::string& server_name,
                                      const std::string& server_id);

inline const std::string kServerName = "bench";
inline const std::string kServerId = "NBENCH000000000000000000000000000000000000000000000000AA";
inline const std::string kConnectSubject = "$SYS.ACCOUNT.APP.CONNECT";

class ConnectEvents {
 public:
  ConnectEvents();

  // Valid until the next call.
  [[nodiscard]] const std::string& next();

 private:
  struct Digits {  // `width` digits at `at` show `value`
    std::size_t at;
    int width;
    std::uint64_t step;
    std::uint64_t value;
  };

  std::string payload_;
  std::vector<Digits> changing_;
};

}  // namespace lookout::bench
