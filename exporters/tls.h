// Tls: what a TLS connection is accepted with. Made from files, never changed; connections keep the one they began
// with. Any thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "config/result.h"
#include "config/web_config.h"

namespace lookout {

class Tls {
 public:
  // The error says in one sentence which file is wrong.
  static Result<std::shared_ptr<const Tls>> make(const WebTls& config);

  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  explicit Tls(const WebTls& config);
  [[nodiscard]] std::string load(const WebTls& config);  // what is wrong; empty: nothing
  [[nodiscard]] std::string restrict_to(const WebTls& config);
  [[nodiscard]] std::string ask_clients(const WebTls& config);
  static int verify_client(int verified, X509_STORE_CTX* chain);

  const ClientAuth client_auth_;
  const std::vector<std::string> allowed_sans_;
  std::unique_ptr<SSL_CTX, Free> context_;
};

}  // namespace lookout
