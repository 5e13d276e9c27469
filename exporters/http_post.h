// One POST to a receiver of alerts, http or https. Files of secrets and certificates are read anew each time, so that
// they can be rotated. Blocks for seconds at most, a name lookup aside; any thread.
#pragma once

#include <optional>
#include <string>

#include "config/config.h"
#include "config/result.h"

namespace lookout {

struct Target {
  HttpUrl url;
  std::string ca;  // file with trusted certificates; empty: the system's
  std::string user;
  std::string password_file;
  std::string token_file;
  std::string secret_file;  // signs the body
};

// The error says why it was not delivered, without secrets and without a word of the receiver.
[[nodiscard]] std::optional<Error> http_post(const Target& target, const std::string& body);

// "sha256=" and the HMAC of the body as hexadecimal digits.
[[nodiscard]] std::string signature_of(const std::string& body, const std::string& secret);

}  // namespace lookout
