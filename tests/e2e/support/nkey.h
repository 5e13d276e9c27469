// Nkeys, JWTs and .creds files as the operator mode of nats-server wants them, made afresh by each test. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  // The signature of any bytes, as a client answers a server's nonce.
  [[nodiscard]] std::string signature(const std::string& text) const;

 private:
  std::string raw_;  // the 32 bytes of the private key
  std::string seed_;
  std::string public_key_;
};

// A user of operator mode.
struct JwtUser {
  Nkey key{Role::user};
  std::string jwt;

  [[nodiscard]] std::string creds() const;  // the content of a .creds file
};

// What the JWT of the application account may say besides.
struct AppClaims {
  int connections = -1;   // limit
  int expires = 0;        // seconds from now; 0: never
  std::string revoked{};  // public key of a user
};

// What the JWT of a user allows; empty: everything.
struct UserClaims {
  std::vector<std::string> publish{};
  std::vector<std::string> subscribe{};
};

// An operator with a system account and an application account, for one server configuration.
class Operator {
 public:
  // The lines of configuration that make a server trust it. Only a resolver with a directory takes a changed account.
  [[nodiscard]] std::string server_config(const AppClaims& app = {}, const std::string& resolver = "MEMORY") const;
  [[nodiscard]] std::string app_jwt(const AppClaims& app = {}) const;

  // New users; of the application account also one that expires `expires` seconds from now.
  [[nodiscard]] JwtUser user_of_app(const std::string& name, std::int64_t expires = 0) const;
  [[nodiscard]] JwtUser user_of_system(const UserClaims& claims = {}) const { return user(system_, "user", 0, claims); }

  // The content of a .creds file of a new user.
  [[nodiscard]] std::string system_user() const { return user_of_system().creds(); }
  [[nodiscard]] std::string app_user() const { return user_of_app("user").creds(); }
  // Of a user "late" of the application account, expired three hours ago.
  [[nodiscard]] std::string expired_user() const { return user_of_app("late", -3 * 3600).creds(); }
  [[nodiscard]] const std::string& app_account() const { return app_.public_key(); }

 private:
  static JwtUser user(const Nkey& account, const std::string& name, std::int64_t expires,
                      const UserClaims& claims = {});

  Nkey operator_{Role::operator_};
  Nkey system_{Role::account};
  Nkey app_{Role::account};
};

}  // namespace lookout::e2e
