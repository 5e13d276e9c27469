// Certificates: authorities and what they sign, made by openssl into a test's directory: NAME.pem with NAME.key. One
// thread.
#pragma once

#include <string>
#include <vector>

#include "tests/e2e/support/process.h"

namespace lookout::e2e {

class Certificates {
 public:
  explicit Certificates(const TempDir& dir) : dir_(dir) {}

  void authority(const std::string& name) const;
  // For 127.0.0.1 and localhost, in the name of `name`; `alternative` is added to its subjectAltName ("DNS:a").
  void issue(const std::string& authority, const std::string& name, const std::string& alternative = "") const;

  [[nodiscard]] std::string path(const std::string& file) const { return dir_ / file; }

 private:
  static void openssl(std::vector<std::string> arguments);

  const TempDir& dir_;
};

}  // namespace lookout::e2e
