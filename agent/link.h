// LinkEvent: what the transport's io thread tells the loop about the connection to NATS. Few and small; never dropped.
#pragma once

#include <cstdint>
#include <string>

namespace lookout {

// How the agent's connections are named among a server's.
inline constexpr const char* kConnectionName = "nats-lookout";

struct LinkEvent {
  enum class Kind {
    connected,       // logged in and subscribed; url, server_id are set
    disconnected,    // an established connection ended; text says why in plain words
    connect_failed,  // one attempt at one url failed; text says why in plain words
    permission,      // the server refused a subscription or publication; text is the server's sentence
    slow_consumer,   // libnats dropped messages of ours before they reached the Inbox; dropped is how many since the
                     // last report
  };
  Kind kind = Kind::disconnected;
  std::string url{};        // without credentials
  std::string server_id{};  // of the server that accepted the login
  std::string text{};
  bool authentication = false;  // connect_failed or disconnected because the server refused the credentials
  unsigned long long dropped = 0;
  std::uint64_t max_payload = 0;  // connected: the largest message that server takes, in bytes
};

}  // namespace lookout
