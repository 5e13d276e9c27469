// Nkeys, JWTs and .creds files as the operator mode of nats-server wants them, made afresh by each test. Values.
#pragma once

#include <cstdint>
#include <string>

namespace lookout::e2e {

// The role of a key: the first letter of its public form.
enum class Role : unsigned char { account = 0, operator_ = 14 << 3, user = 20 << 3 };

class Nkey {
 public:
  explicit Nkey(Role role);

  [[nodiscard]] const std::string& seed() const { return seed_; }
  [[nodiscard]] const std::string& public_key() const { return public_key_; }

  // A JWT about `subject`, signed by this key; `claims` is the JSON object under "nats"; `expires`: unix time, 0 never.
  [[nodiscard]] std::string sign(const std::string& subject, const std::string& name, const std::string& claims,
                                 std::int64_t expires = 0) const;

 private:
  std::string raw_;  // the 32 bytes of the private key
  std::string seed_;
  std::string public_key_;
};

// An operator with a system account and an application account, for one server configuration.
class Operator {
 public:
  // The lines of configuration that make a server trust it.
  [[nodiscard]] std::string server_config() const;

  // The content of a .creds file of a new user.
  [[nodiscard]] std::string system_user() const { return creds(system_); }
  [[nodiscard]] std::string app_user() const { return creds(app_); }
  // Of a user "late" of the application account, expired three hours ago.
  [[nodiscard]] std::string expired_user() const;
  [[nodiscard]] const std::string& app_account() const { return app_.public_key(); }

 private:
  static std::string creds(const Nkey& account, const std::string& name = "user", std::int64_t expires = 0);

  Nkey operator_{Role::operator_};
  Nkey system_{Role::account};
  Nkey app_{Role::account};
};

}  // namespace lookout::e2e
