#include "agent/last_failures.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kPause{1000};  // between two copies

constexpr std::array kTexts{&AuthFailure::server,   &AuthFailure::cluster, &AuthFailure::address,
                            &AuthFailure::user,     &AuthFailure::name,    &AuthFailure::jwt_user,
                            &AuthFailure::jwt_name, &AuthFailure::reason,  &AuthFailure::explanation};

// In the order of kTexts.
std::array<std::string_view, kTexts.size()> texts_of(const Event& event) {
  const ClientInfo& client = event.client;
  const bool secret = client.user_is_secret && !client.user.empty();
  return {event.server.name.empty() ? event.server.id : event.server.name,
          event.server.cluster,
          client.host,
          secret ? "[REDACTED]" : client.user,
          client.name,
          client.claims.subject,
          client.claims.name,
          event.reason,
          event.explanation};
}

}  // namespace

// The one that makes room; null where the event is older than all that are kept.
LastFailures::Place* LastFailures::place_for(const Event& event) {
  std::vector<Place>& table = event.recovered ? recovered_ : heard_;
  if (table.size() < kMost) return &table.emplace_back();
  if (!event.recovered) return &table[heard_count_ % kMost];
  const auto oldest = std::min_element(table.begin(), table.end(), older);
  return event.timestamp < oldest->when ? nullptr : &*oldest;
}

// The clocks of servers differ: what is heard at once is in the order of hearing. What is read from a server later is
// old, and takes no place of what happened since.
void LastFailures::add(const Event& event, Now now) {
  Place* const place = place_for(event);
  if (place == nullptr) return;
  if (!event.recovered) ++heard_count_;
  place->when = event.recovered ? std::min(event.timestamp, now.wall) : now.wall;
  place->number = ++added_;
  constexpr std::size_t kEnough = kMaxText + 4;  // for clean() to see that it is longer; places keep their memory
  AuthFailure& failure = place->failure;
  const auto said = texts_of(event);
  for (std::size_t i = 0; i < kTexts.size(); ++i) (failure.*kTexts[i]).assign(said[i].substr(0, kEnough));
  failure.time = event.timestamp == Wall{} ? now.wall : event.timestamp;
  failure.kind = event.client.kind;
  failure.recovered = event.recovered;
  changed_ = true;
}

std::shared_ptr<const std::vector<AuthFailure>> LastFailures::share(Now now) {
  const bool soon = shared_ != nullptr && now.mono - shared_at_ < kPause;
  if (!changed_ || soon) return shared_;
  std::vector<const Place*> newest_first;
  for (const auto* table : {&heard_, &recovered_}) {
    for (const Place& place : *table) newest_first.push_back(&place);
  }
  std::sort(newest_first.begin(), newest_first.end(), [](const Place* a, const Place* b) { return older(*b, *a); });
  newest_first.resize(std::min(newest_first.size(), kMost));
  auto copy = std::make_shared<std::vector<AuthFailure>>();
  copy->reserve(newest_first.size());
  for (const Place* place : newest_first) {
    AuthFailure& failure = copy->emplace_back(place->failure);
    for (const auto text : kTexts) failure.*text = clean(failure.*text);
  }
  shared_ = std::move(copy);
  shared_at_ = now.mono;
  changed_ = false;
  return shared_;
}

}  // namespace lookout
