#include "agent/link_state.h"

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kAnswerTime{10000};  // a connected agent that nobody answers for so long says so
constexpr Millis kSettles{5000};

}  // namespace

LinkState::LinkState(const Config& config) : scope_(config.scope), pinned_(config.server_name) {}

void LinkState::apply(const LinkEvent& event, Now now) {
  switch (event.kind) {
    case LinkEvent::Kind::connected:
      on_connected(event, now);
      break;
    case LinkEvent::Kind::disconnected:
      on_disconnected(event, now);
      break;
    case LinkEvent::Kind::connect_failed:
      view_.sentence = "cannot log in to " + event.url + ": " + clean(event.text);
      break;
    case LinkEvent::Kind::permission:
      permission_ = clean(event.text);
      if (!answered_ && view_.identity != Identity::wrong_server)
        set_identity(Identity::forbidden, "the user lacks a permission the agent needs: " + permission_);
      break;
    case LinkEvent::Kind::slow_consumer:
      break;  // counted; State reports the loss
  }
}

void LinkState::on_connected(const LinkEvent& event, Now now) {
  if (ever_connected_) blind_ += now.mono - disconnected_;
  ever_connected_ = true;
  connected_ = now.mono;
  view_.connected = true;
  view_.since = now.wall;
  view_.url = event.url;
  server_id_ = event.server_id;
  account_.clear();
  permission_.clear();
  answered_ = false;
  set_identity(Identity::unknown, "");
}

void LinkState::on_disconnected(const LinkEvent& event, Now now) {
  view_.connected = false;
  view_.since = now.wall;
  view_.server_name.clear();
  disconnected_ = now.mono;
  set_identity(Identity::unknown, "the connection to " + event.url + " ended: " + clean(event.text));
}

bool LinkState::settled(Now now) const {
  const bool interrupted = blind_ > std::chrono::nanoseconds(0);
  return view_.connected && (!interrupted || now.mono - connected_ >= kSettles);
}

void LinkState::set_identity(Identity identity, std::string sentence) {
  view_.identity = identity;
  view_.sentence = std::move(sentence);
}

// Who may listen but not ask hears events, and stays forbidden.
void LinkState::heard() {
  if (view_.identity != Identity::forbidden) become_system();
}

void LinkState::answered() {
  answered_ = true;
  become_system();
}

void LinkState::become_system() {
  if (!view_.connected || view_.identity == Identity::wrong_server || view_.identity == Identity::system) return;
  set_identity(Identity::system, "");
}

void LinkState::no_responders() {
  if (!view_.connected || view_.identity == Identity::system) return;
  const std::string who =
      account_.empty() ? "the user is" : "the user belongs to account " + clean(account_) + " and is";
  set_identity(
      Identity::outside,
      who + " not in the system account: no server answers; use a user of the account that system_account names");
}

void LinkState::account_is(std::string account) {
  account_ = std::move(account);
  if (view_.identity == Identity::outside) {
    view_.identity = Identity::unknown;
    no_responders();
  }
}

bool LinkState::is_own_account(std::string_view account) const {
  constexpr std::string_view kGlobalAccount = "$G";  // never the system account
  return account_.empty() ? account != kGlobalAccount : account == account_;
}

bool LinkState::landed_on(std::string_view server_name) {
  if (view_.server_name.empty()) view_.server_name = clean(server_name);
  if (scope_ == Scope::system) return true;
  if (pinned_.empty()) pinned_ = view_.server_name;
  if (pinned_ == view_.server_name) return true;
  set_identity(Identity::wrong_server, "this agent belongs to server " + clean(pinned_) +
                                           " but is connected to server " + view_.server_name +
                                           ": nothing is exported until the url leads to its own server");
  return false;
}

void LinkState::report(Findings& findings, Now now) const {
  const std::string agent = "agent";
  const bool trying = !view_.connected && view_.sentence.empty();
  const std::string down = trying ? "not connected to NATS yet" : view_.sentence;
  findings.report("agent_connection", agent,
                  view_.connected ? Health::ok
                  : trying        ? Health::unknown
                                  : Health::critical,
                  down, {}, now);

  const bool wrong = view_.connected && view_.identity != Identity::system && view_.identity != Identity::unknown;
  const bool mute = view_.connected && view_.identity == Identity::unknown && now.mono - connected_ >= kAnswerTime;
  const std::string nobody = "connected, but no server answers and no event arrives";
  findings.report("agent_identity", agent, wrong || mute ? Health::critical : Health::ok,
                  mute ? nobody : view_.sentence, {}, now);

  const bool refused = view_.connected && !permission_.empty() && !wrong;
  findings.report("agent_permissions", agent, refused ? Health::warning : Health::ok,
                  "the server refused something the agent asked for: " + permission_, {}, now);
}

LinkView LinkState::view(Now now) const {
  LinkView view = view_;
  const bool blind = ever_connected_ && !view_.connected;
  view.blind_seconds = seconds(blind_ + (blind ? now.mono - disconnected_ : std::chrono::nanoseconds(0)));
  return view;
}

}  // namespace lookout
