#include "agent/auth_watch.h"

#include <algorithm>
#include <utility>

#include "agent/auth_client.h"
#include "agent/text.h"

namespace lookout {
namespace {

constexpr Millis kOneAttempt{2000};
constexpr std::size_t kMaxAttempts = 8192;  // of each generation
constexpr std::size_t kMaxBreaks = 64;
constexpr std::size_t kTop = 5;      // of the evidence of one pattern
constexpr std::size_t kWorst = 10;   // of all
constexpr Millis kRecently{600000};  // sources and users that are counted
constexpr Millis kToldOver{120000};
constexpr std::size_t kManySources = 3;  // of a distributed pattern

struct Pattern {
  const char* what;  // sentence, after the number of attempts
  const char* advice;
};
// In the order of AuthPattern.
constexpr std::array<Pattern, kAuthPatterns> kPatterns{{
    {"failed logins come from one source in quick succession",
     "Block the address if you do not know it, and look whether one of its logins succeeded."},
    {"failed logins of one source claim to be many users",
     "Block the address if you do not know it; a proxy with many clients behind it looks the same."},
    {"failed logins of one user come from many sources",
     "Change the password of the user if it may be guessed, and block the sources; if they are your own hosts, their "
     "credentials are wrong."},
    {"failed logins come from clients that could log in before, as one user",
     "Their credentials expired, were revoked or changed: give the new ones to all of them and restart those that do "
     "not read them again."},
    {"failed logins of a client come like clockwork",
     "One client keeps trying with credentials that do not hold: find it by its address and user, mend or stop it."},
    {"failed logins are those of a leaf node: a whole site may be cut off",
     "Compare the credentials in the leaf node's remotes with the accounts of this cluster."},
    {"failed logins claim the system account",
     "Nobody but operators and tools should try that: look who owns the address."},
    {"failed logins were followed by a successful one from the same source as the same user",
     "If the user does not confirm it, treat the password as guessed: revoke it and look at what the connection did."},
    {"failed logins, more than successful ones, from many sources",
     "Clients cannot log in: look at the account resolver, the auth callout service and the last change of "
     "credentials."},
}};

std::vector<Tally> top(const std::map<std::string, std::uint64_t>& counts) {
  std::vector<Tally> all;
  all.reserve(counts.size());
  for (const auto& [name, count] : counts) all.push_back({name, count});
  const std::size_t shown = std::min(all.size(), kTop);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(),
                    [](const Tally& a, const Tally& b) { return a.count > b.count; });
  all.resize(shown);
  return all;
}

std::string names_of(const std::vector<Tally>& tallies) {
  std::string out;
  for (const Tally& tally : tallies) out.append(out.empty() ? "" : ", ").append(tally.name);
  return out;
}

// Names that differ in a few: counts of a case stay small.
void tally(std::map<std::string, std::uint64_t>& counts, const std::string& name, std::uint64_t count) {
  constexpr std::size_t kMost = 256;
  if (counts.size() < kMost || counts.contains(name)) counts[name] += count;
}

}  // namespace

std::size_t TextMemory::hash(std::string_view a, std::string_view b) {
  return std::hash<std::string>()(std::string(a).append(1, '\0').append(b));
}

void TextMemory::insert(std::string_view a, std::string_view b) {
  const std::size_t wanted = hash(a, b);
  if (halves_[0].contains(wanted)) return;
  if (halves_[0].size() >= capacity_ / 2) {
    halves_[1] = std::move(halves_[0]);
    halves_[0].clear();
  }
  halves_[0].insert(wanted);
}

bool TextMemory::contains(std::string_view a, std::string_view b) const {
  const std::size_t wanted = hash(a, b);
  return halves_[0].contains(wanted) || halves_[1].contains(wanted);
}

// Whether that is new.
bool AuthWatch::Cluster::turn(std::size_t pattern, bool holds, Mono now) {
  const bool held = std::exchange(active[pattern], holds);
  if (held && !holds) ended[pattern] = now;
  return held != holds;
}

bool AuthWatch::Cluster::is_told(std::size_t pattern, Mono now) const {
  return active[pattern] || (ended[pattern] != Mono{} && now - ended[pattern] <= kToldOver);
}

AuthWatch::Cluster* AuthWatch::cluster(std::string_view name) {
  const auto found = clusters_.find(name);
  if (found != clusters_.end()) return &found->second;
  if (clusters_.size() >= kMaxClusters) return nullptr;
  return &clusters_[std::string(name)];
}

// The same client at another server, moments later, is still at the same attempt.
bool AuthWatch::is_new_attempt(const Event& event, std::string_view source, std::string_view user, Mono now) {
  if (now - turned_ > kOneAttempt || attempts_[0].size() >= kMaxAttempts) {
    attempts_[1] = std::move(attempts_[0]);
    attempts_[0].clear();
    turned_ = now;
  }
  std::string key;
  for (const std::string_view part :
       {event.server.cluster, source, user, event.client.name, event.client.lang, event.client.version})
    key.append(part.substr(0, Suspects::kMaxName)).append(1, '\0');
  const std::uint64_t bit = std::uint64_t{1} << (TextHash()(event.server.id) % 64U);
  for (auto& generation : attempts_) {
    const auto found = generation.find(key);
    if (found == generation.end()) continue;
    Attempt& attempt = found->second;
    const bool goes_on = now - attempt.since <= kOneAttempt && (attempt.servers & bit) == 0;
    attempt = goes_on ? Attempt{attempt.since, attempt.servers | bit} : Attempt{now, bit};
    return !goes_on;
  }
  attempts_[0].emplace(std::move(key), Attempt{now, bit});
  return true;
}

bool AuthWatch::claims_system(const ClientInfo& client, std::string_view user) const {
  if (!system_account_.empty() && client.claims.account == system_account_) return true;
  return !client.user.empty() && system_users_.contains(user, {});
}

void AuthWatch::failed(const Event& event, Now now) {
  const ClientInfo& client = event.client;
  const std::string source = source_of(client.host);
  const std::string user = user_of(client);
  const std::string_view where = event.server.cluster;
  if (client.kind == ClientKind::leafnode)
    leafnodes_.attempt(where, clean(client.name, Suspects::kMaxName), now.mono).meet(source, now.mono);
  if (!is_new_attempt(event, source, user, now.mono)) return;
  if (Cluster* in = cluster(where)) {
    ++in->attempts;
    in->failures.add(now.mono);
  }
  const bool known = logins_.contains(source, user);
  sources_.attempt(where, source, now.mono).meet(user, now.mono).known |= known;
  if (user != kNobody) users_.attempt(where, user, now.mono).meet(source, now.mono).known |= known;
  if (claims_system(client, user)) system_.attempt(where, source, now.mono).meet(user, now.mono);
  if (client.claims.expires != Wall{} && client.claims.expires < now.wall) expelled_.attempt(where, user, now.mono);
}

void AuthWatch::connected(const Event& event, Now now) {
  const ClientInfo& client = event.client;
  if (client.kind != ClientKind::client) return;
  const std::string user = user_of(client);
  if (Cluster* in = cluster(event.server.cluster)) in->logins.add(now.mono);
  if (!system_account_.empty() && client.account == system_account_ && user != kNobody) system_users_.insert(user, {});
  const std::string source = source_of(client.host);
  const bool known = logins_.contains(source, user);
  logins_.insert(source, user);
  if (sources_.empty() || user == kNobody) return;
  const AuthLimit& after = limit(AuthPattern::success_after_failures);
  Suspect* const suspect = sources_.find(event.server.cluster, source);
  Suspect::Peer* const tried = suspect == nullptr ? nullptr : suspect->peer(user);
  if (tried == nullptr || now.mono - tried->last > after.window || !reaches(after, tried->count)) return;
  if (breaks_.size() >= kMaxBreaks) breaks_.pop_front();
  breaks_.push_back({std::string(event.server.cluster), source, user, std::exchange(tried->count, 0),
                     known || tried->known, now.mono});
}

void AuthWatch::expelled(const Event& event, Now now) {
  expelled_.attempt(event.server.cluster, user_of(event.client), now.mono);
}

bool AuthWatch::lost_its_credentials(const Suspect& user, Mono now) {
  const Suspect* expelled = expelled_.find(user.cluster, user.name);
  if (expelled != nullptr && now - expelled->last <= kRecently) return true;
  const auto known =
      std::count_if(user.peers.begin(), user.peers.end(), [](const Suspect::Peer& peer) { return peer.known; });
  return 2 * static_cast<std::size_t>(known) >= user.peers.size();
}

void AuthWatch::add(Cases& cases, AuthPattern pattern, const Suspect& suspect, bool is_source, Mono now) const {
  constexpr auto kWarning = [](AuthPattern each) {
    return each == AuthPattern::credential_rotation || each == AuthPattern::stuck_client;
  };
  Case& found = cases[{static_cast<std::size_t>(pattern), suspect.cluster}];
  const Millis window = limit(pattern).window;
  const std::uint64_t count = suspect.attempts.sum(window, now);
  found.state = kWarning(pattern) ? Health::warning : Health::critical;
  found.count += count;
  tally(is_source ? found.sources : found.users, suspect.name, count);
  for (const Suspect::Peer& peer : suspect.peers) {
    if (now - peer.last <= window) tally(is_source ? found.users : found.sources, peer.name, peer.count);
  }
}

void AuthWatch::judge_source(Cases& cases, const Suspect& source, Mono now) const {
  const auto attempts = [&](AuthPattern pattern) { return source.attempts.sum(limit(pattern).window, now); };
  const bool one_user = source.peers_in(limit(AuthPattern::stuck_client).window, now) == 1;
  const bool clockwork = one_user && source.steady();
  const AuthPattern many = clockwork ? AuthPattern::stuck_client : AuthPattern::brute_force;
  if (reaches(limit(many), attempts(many))) add(cases, many, source, true, now);
  const AuthLimit& spray = limit(AuthPattern::password_spray);
  if (reaches(spray, source.peers_in(spray.window, now))) add(cases, AuthPattern::password_spray, source, true, now);
}

void AuthWatch::judge_user(Cases& cases, const Suspect& user, Mono now) {
  const AuthPattern pattern =
      lost_its_credentials(user, now) ? AuthPattern::credential_rotation : AuthPattern::distributed_guessing;
  const AuthLimit& most = limit(pattern);
  if (user.peers_in(most.window, now) < kManySources) return;
  if (reaches(most, user.attempts.sum(most.window, now))) add(cases, pattern, user, false, now);
}

void AuthWatch::judge_clusters(Cases& cases, Mono now) const {
  const AuthLimit& outage = limit(AuthPattern::outage);
  for (const auto& [name, in] : clusters_) {
    const std::uint64_t failures = in.failures.sum(outage.window, now);
    if (!reaches(outage, failures) || failures <= in.logins.sum(outage.window, now)) continue;
    Case found{Health::critical, failures, {}, {}};
    sources_.each([&, name = std::string_view(name)](const Suspect& source) {
      if (source.cluster != name || now - source.last > outage.window) return;
      tally(found.sources, source.name, source.attempts.sum(outage.window, now));
      for (const Suspect::Peer& peer : source.peers) tally(found.users, peer.name, peer.count);
    });
    if (found.sources.size() >= kManySources)
      cases[{static_cast<std::size_t>(AuthPattern::outage), name}] = std::move(found);
  }
}

void AuthWatch::judge_each(Cases& cases, const Suspects& table, AuthPattern pattern, bool is_source, Mono now) const {
  const AuthLimit& most = limit(pattern);
  table.each([&](const Suspect& suspect) {
    if (reaches(most, suspect.attempts.sum(most.window, now))) add(cases, pattern, suspect, is_source, now);
  });
}

void AuthWatch::judge_breaks(Cases& cases, Mono now) {
  const Millis shown = limit(AuthPattern::success_after_failures).window;
  std::erase_if(breaks_, [&](const Break& each) { return now - each.at > shown; });
  for (const Break& each : breaks_) {
    Case& found = cases[{static_cast<std::size_t>(AuthPattern::success_after_failures), each.cluster}];
    if (found.state != Health::critical) found.state = each.known ? Health::warning : Health::critical;
    found.count += each.failures;
    tally(found.sources, each.source, each.failures);
    tally(found.users, each.user, each.failures);
  }
}

Finding AuthWatch::finding_of(std::size_t pattern, const std::string& cluster, const Case* found) {
  Finding out;
  out.check = std::string("auth_") + kAuthPatternNames[pattern];
  out.entity = cluster.empty() ? "standalone" : cluster;
  out.cluster = cluster;
  if (found == nullptr) return out;
  out.state = found->state;
  out.evidence = {found->count, top(found->sources), top(found->users)};
  out.sentence = std::to_string(found->count) + " " + kPatterns[pattern].what +
                 "; sources: " + names_of(out.evidence.sources) + "; users: " + names_of(out.evidence.users);
  out.advice = kPatterns[pattern].advice;
  return out;
}

std::vector<AuthWatch::Raised> AuthWatch::evaluate(Now now) {
  for (Suspects* table : {&sources_, &users_, &leafnodes_, &system_, &expelled_}) table->forget_old(now.mono);
  const bool nobody = sources_.empty() && users_.empty();
  tops_ = nobody ? nullptr
                 : std::make_shared<const AuthTops>(
                       AuthTops{sources_.top(kWorst, kRecently, now.mono), users_.top(kWorst, kRecently, now.mono)});
  Cases cases;
  sources_.each([&](const Suspect& source) { judge_source(cases, source, now.mono); });
  users_.each([&](const Suspect& user) { judge_user(cases, user, now.mono); });
  judge_each(cases, leafnodes_, AuthPattern::leafnode_locked_out, false, now.mono);
  judge_each(cases, system_, AuthPattern::system_account, true, now.mono);
  judge_clusters(cases, now.mono);
  judge_breaks(cases, now.mono);
  return raise(cases, now.mono);
}

std::vector<AuthWatch::Raised> AuthWatch::raise(const Cases& cases, Mono now) {
  std::vector<Raised> out;
  for (auto& [name, in] : clusters_) {
    for (std::size_t i = 0; i < kAuthPatterns; ++i) {
      const auto found = cases.find({i, name});
      const Case* const holds = found == cases.end() ? nullptr : &found->second;
      const bool changes = in.turn(i, holds != nullptr, now);
      if (in.is_told(i, now)) out.push_back({static_cast<AuthPattern>(i), changes, finding_of(i, name, holds)});
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> AuthWatch::attempts() const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  out.reserve(clusters_.size());
  for (const auto& [name, in] : clusters_) out.emplace_back(name, in.attempts);
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> AuthWatch::flush() {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (auto& [name, in] : clusters_) {
    if (std::exchange(in.flushed, in.attempts) != in.attempts) out.emplace_back(name, in.attempts);
  }
  return out;
}

void AuthWatch::restore(const std::string& name, std::uint64_t attempts) {
  if (Cluster* in = cluster(name)) in->attempts = in->flushed = attempts;
}

std::vector<AuthView> AuthWatch::view(Now now) const {
  std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> distinct;
  const auto recent = [&](const Suspect& each) -> std::uint64_t { return now.mono - each.last <= kRecently ? 1 : 0; };
  sources_.each([&](const Suspect& each) { distinct[each.cluster].first += recent(each); });
  users_.each([&](const Suspect& each) { distinct[each.cluster].second += recent(each); });
  std::vector<AuthView> out;
  for (const auto& [name, in] : clusters_) {
    const auto [sources, users] = distinct[name];
    out.push_back({name, in.attempts, sources, users, in.active});
  }
  return out;
}

}  // namespace lookout
