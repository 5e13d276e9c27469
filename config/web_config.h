// WebConfig: how the endpoints are protected, read from the file of --web.config.file, whose format is that of
// Prometheus' exporter-toolkit. A plain value; read again when the files change.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"

namespace lookout {

// A client's certificate; whether it is asked for, needed, and must be signed by client_ca_file.
enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify };
enum class TlsVersion { tls12, tls13 };

[[nodiscard]] constexpr bool verifies(ClientAuth auth) {
  return auth == ClientAuth::verify_if_given || auth == ClientAuth::require_and_verify;
}

struct WebTls {  // paths are absolute, or relative to the working directory
  std::string cert_file;
  std::string key_file;
  ClientAuth client_auth = ClientAuth::none;
  std::string client_ca_file;
  std::vector<std::string> client_allowed_sans;  // a verified certificate must have one; empty: any
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> cipher_suites;  // of TLS 1.2, as OpenSSL calls them; empty: OpenSSL's choice
  std::vector<std::string> curves;         // as OpenSSL calls them; empty: OpenSSL's choice
  bool prefer_server_ciphers = true;

  bool operator==(const WebTls&) const = default;
};

struct WebConfig {
  std::optional<WebTls> tls;
  std::map<std::string, std::string> headers;  // of every answer
  std::map<std::string, std::string> users;    // to their bcrypt hashes; empty: no password is asked for

  bool operator==(const WebConfig&) const = default;
};

// The error is one sentence that names the file and the key; it repeats no hash.
[[nodiscard]] Result<WebConfig> read_web_config(const std::string& path);

}  // namespace lookout
