// Together: what no single option can see, only all of them: what excludes or needs each other. Internal to config/; a
// passing question to two values that outlive it, any thread.
#pragma once

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "config/options.h"

namespace lookout::cfg {

class Together {
 public:
  Together(const Config& config, const Givens& givens) : config_(config), givens_(givens) {}

  // One sentence; empty: all is well.
  [[nodiscard]] std::string wrong() const {
    for (const auto& group : {kLogins, kPasswords, kAlertmanagerLogins}) {
      if (auto sentence = excluding(group); !sentence.empty()) return sentence;
    }
    for (const auto& [path, needed] : kNeeds) {
      if (has(path) && !has(needed)) return named(path) + " needs --" + needed;
    }
    const NatsOptions& nats = config_.nats;
    if (nats.reconnect_wait_max < nats.reconnect_wait) {
      return named("nats.reconnect-wait-max") + " must be at least --nats.reconnect-wait, " +
             write_duration(nats.reconnect_wait);
    }
    if (config_.alertmanager.urls.size() + config_.webhook.urls.size() > kMaxReceivers) {
      return named(has("webhook.url") ? "webhook.url" : "alertmanager.url") +
             " gives too many receivers: " + std::to_string(kMaxReceivers) +
             " Alertmanagers and webhooks together are the most";
    }
    return wrong_scope();
  }

 private:
  static inline const Texts kLogins{"nats.user", "nats.token", "nats.token-file", "nats.nkey", "nats.creds"};
  static inline const Texts kPasswords{"nats.password", "nats.password-file"};
  static inline const Texts kAlertmanagerLogins{"alertmanager.user", "alertmanager.token-file"};
  static inline const std::vector<std::pair<std::string, std::string>> kNeeds{
      {"nats.password", "nats.user"},
      {"nats.password-file", "nats.user"},
      {"nats.tls.cert", "nats.tls.key"},
      {"nats.tls.key", "nats.tls.cert"},
      {"alertmanager.tls.ca", "alertmanager.url"},
      {"alertmanager.user", "alertmanager.url"},
      {"alertmanager.user", "alertmanager.password-file"},
      {"alertmanager.password-file", "alertmanager.user"},
      {"alertmanager.token-file", "alertmanager.url"},
      {"webhook.tls.ca", "webhook.url"},
      {"webhook.secret-file", "webhook.url"},
  };

  [[nodiscard]] std::string wrong_scope() const {
    if (config_.scope == Scope::server && config_.nats.urls.size() != 1) {
      return named("scope") + " is server: --nats.url must be exactly one server, not " +
             std::to_string(config_.nats.urls.size());
    }
    if (config_.scope == Scope::server && config_.shard.count > 1)
      return named("shard") + " needs --scope=system: a sidecar has one server and nothing to share";
    if (config_.scope == Scope::system && has("server-name")) return named("server-name") + " needs --scope=server";
    return "";
  }
  [[nodiscard]] bool has(const std::string& path) const {
    const auto found = givens_.find(path);
    return found != givens_.end() && !found->second.texts.front().empty();
  }
  [[nodiscard]] std::string named(const std::string& path) const {
    const auto found = givens_.find(path);
    return found == givens_.end() ? "--" + path : found->second.origin;
  }
  [[nodiscard]] std::string excluding(const Texts& group) const {
    Texts present;
    std::copy_if(group.begin(), group.end(), std::back_inserter(present),
                 [this](const auto& path) { return has(path); });
    if (present.size() < 2) return "";
    return named(present[0]) + " and " + named(present[1]) + " exclude each other: give only one of " +
           join(group, ", ");
  }

  const Config& config_;
  const Givens& givens_;
};

}  // namespace lookout::cfg
