#include "agent/nats_reason.h"

#include <nats/nats.h>
#include <netdb.h>
#include <strings.h>
#include <sys/socket.h>

#include <cstdio>

#include "agent/text.h"

namespace lookout {
namespace {

struct Phrase {
  const char* part;  // of what the server said, in any case
  const char* label;
  bool authentication;
};

// What nats-server says before it closes (-ERR). The first match wins.
constexpr Phrase kPhrases[] = {
    {"authorization violation", "auth", true},
    {"authentication expired", "auth", true},  // of the user or of its account
    {"authentication revoked", "auth", true},
    {"authentication timeout", "auth", true},
    {"stale connection", "stale", false},
    {"maximum ", "limit", false},  // connections, account connections, subscriptions, payload, control line
    {"slow consumer", "limit", false},
    {"protocol", "protocol", false},
    {"parser error", "protocol", false},
    {"invalid ", "protocol", false},
};

bool contains(std::string_view text, std::string_view part) {
  for (std::size_t at = 0; at + part.size() <= text.size(); ++at) {
    if (strncasecmp(text.data() + at, part.data(), part.size()) == 0) return true;
  }
  return false;
}

const Phrase* phrase_of(std::string_view text) {
  for (const Phrase& phrase : kPhrases) {
    if (contains(text, phrase.part)) return &phrase;
  }
  return nullptr;
}

Reason said(const std::string& prefix, std::string_view text) {
  const Phrase* phrase = phrase_of(text);
  const std::string sentence = prefix + clean(text);
  return phrase == nullptr ? Reason{sentence, "other", false} : Reason{sentence, phrase->label, phrase->authentication};
}

std::string place(const Endpoint& endpoint) {
  return endpoint.host + " port " + std::to_string(endpoint.port);
}

std::string in_seconds(Millis time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g s", seconds(time));
  return text.data();
}

// libnats says no more than "no server" for a name that does not resolve, a refused and an unanswered connection.
std::string unreachable(const Endpoint& endpoint, Millis took, Millis timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(endpoint.host.c_str(), nullptr, &hints, &found);
  if (error != 0) return "the name " + endpoint.host + " does not resolve: " + gai_strerror(error);
  freeaddrinfo(found);
  if (took >= timeout * 9 / 10) return "no answer from " + place(endpoint) + " within " + in_seconds(timeout);
  return "nothing accepts connections at " + place(endpoint);
}

}  // namespace

Reason connect_reason(int status, std::string_view text, const Endpoint& endpoint, Millis took, Millis timeout) {
  switch (status) {
    case NATS_NO_SERVER:
      return {unreachable(endpoint, took, timeout), "closed", false};
    case NATS_CONNECTION_AUTH_FAILED: {
      Reason reason = said("the server refused the login: ", text);
      reason.label = "auth";
      reason.authentication = true;
      return reason;
    }
    case NATS_TIMEOUT:
      return {place(endpoint) + " accepted the connection but does not speak NATS within " + in_seconds(timeout),
              "stale", false};
    case NATS_SSL_ERROR:
      return {"TLS with " + place(endpoint) + " failed: " + clean(text), "other", false};
    case NATS_SECURE_CONNECTION_WANTED:
      return {"TLS is asked for, but " + place(endpoint) + " offers none", "other", false};
    case NATS_CONNECTION_CLOSED:
    case NATS_IO_ERROR:
      return {place(endpoint) + " closed the connection during the login", "closed", false};
    case NATS_PROTOCOL_ERROR:
      if (text.ends_with("got ''")) {  // how libnats tells an end of file where it waits for PONG
        return {
            place(endpoint) + " closed the connection during the login; one that wants a client certificate does so",
            "closed", false};
      }
      return {place(endpoint) + " does not speak NATS: " + clean(text), "protocol", false};
    default:
      return said("the login failed: ", text.empty() ? natsStatus_GetText(static_cast<natsStatus>(status)) : text);
  }
}

Reason close_reason(int status, std::string_view text, std::string_view refusal, bool lame_duck) {
  if (!refusal.empty()) return {"the server ended the login: " + clean(refusal), "auth", true};
  if (lame_duck) return {"the server is in lame duck mode and closed the connection", "lame_duck", false};
  switch (status) {
    case NATS_STALE_CONNECTION:
      return {"the server did not answer two pings", "stale", false};
    case NATS_OK:
    case NATS_CONNECTION_CLOSED:
    case NATS_IO_ERROR:
    case NATS_NOT_PERMITTED:  // left over from an earlier refusal
    case NATS_SLOW_CONSUMER:
      return {"the server closed the connection", "closed", false};
    case NATS_PROTOCOL_ERROR:
      return {"the server sent what is not the NATS protocol", "protocol", false};
    default:
      return said("the server closed the connection: ", text);
  }
}

}  // namespace lookout
