// LinkState: what the agent knows about its own login: connected or not, as whom, and in plain words what is wrong.
// Owned by State; loop thread. Not being in the system account is no error for NATS: it shows only in who answers.
#pragma once

#include <string>
#include <string_view>

#include "agent/clock.h"
#include "agent/finding.h"
#include "agent/link.h"
#include "agent/snapshot.h"
#include "config/config.h"

namespace lookout {

class LinkState {
 public:
  explicit LinkState(const Config& config);

  void apply(const LinkEvent& event, Now now);

  // A server sent an event: the user is in the system account.
  void heard();
  // A server answered: the user may ask as well.
  void answered();
  // Nobody listens where every system account has its servers: the user is in another account.
  void no_responders();
  // $SYS.REQ.USER.INFO said which account the user is in.
  void account_is(std::string account);
  // Scope server: the agent is connected to the server of this name. False when that is not the pinned one.
  bool landed_on(std::string_view server_name);

  void report(Findings& findings, Now now) const;

  [[nodiscard]] LinkView view(Now now) const;
  [[nodiscard]] bool connected() const { return view_.connected; }
  // Connected, and after an interruption for so long that every server which lives has answered.
  [[nodiscard]] bool settled(Now now) const;
  [[nodiscard]] const std::string& server_id() const { return server_id_; }
  // Whether it is, or may be, the account this agent's user is in.
  [[nodiscard]] bool is_own_account(std::string_view account) const;
  [[nodiscard]] Identity identity() const { return view_.identity; }
  [[nodiscard]] Mono disconnected_at() const { return disconnected_; }
  [[nodiscard]] bool was_connected() const { return ever_connected_; }

 private:
  void on_connected(const LinkEvent& event, Now now);
  void on_disconnected(const LinkEvent& event, Now now);
  void become_system();
  void set_identity(Identity identity, std::string sentence);

  const Scope scope_;
  std::string pinned_;  // scope server: the name this agent belongs to
  LinkView view_;
  std::string server_id_;
  std::string account_;
  std::string permission_;  // the last refusal of this connection
  bool answered_ = false;   // in this connection
  bool ever_connected_ = false;
  Mono connected_{};
  Mono disconnected_{};
  std::chrono::nanoseconds blind_{0};
};

}  // namespace lookout
