#include "tests/e2e/support/certificates.h"

#include <gtest/gtest.h>

namespace lookout::e2e {

void Certificates::authority(const std::string& name) const {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
           "/CN=fake test CA", "-keyout", path(name + ".key"), "-out", path(name + ".pem")});
}

void Certificates::issue(const std::string& authority, const std::string& name, const std::string& alternative) const {
  write_file(dir_ / "names.cnf",
             "subjectAltName=IP:127.0.0.1,DNS:localhost" + (alternative.empty() ? "" : "," + alternative) + "\n");
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
           path(name + ".key"), "-out", path(name + ".csr")});
  openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", path(authority + ".pem"), "-CAkey",
           path(authority + ".key"), "-CAcreateserial", "-days", "2", "-extfile", path("names.cnf"), "-out",
           path(name + ".pem")});
}

void Certificates::openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const Finished finished = run(arguments);
  ASSERT_EQ(finished.code, 0) << finished.output;
}

}  // namespace lookout::e2e
