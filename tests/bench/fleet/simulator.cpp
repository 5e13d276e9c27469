#include "tests/bench/fleet/simulator.h"

#include <nats/nats.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace lookout::fleet {
namespace {

using std::chrono::steady_clock;

void must(natsStatus status, const char* what) {
  if (status != NATS_OK) throw std::runtime_error(std::string(what) + ": " + natsStatus_GetText(status));
}

Ask ask_of(std::string_view body) {
  Ask ask;
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return ask;
  ask.offset = json.value("offset", std::uint64_t{0});
  ask.limit = json.value("limit", std::uint64_t{0});
  if (ask.limit == 0) ask.limit = 1024;
  ask.account = json.value("account", "");
  ask.server_name = json.value("server_name", "");
  ask.exact_match = json.value("exact_match", false);
  ask.streams = json.value("streams", false);
  ask.consumers = json.value("consumer", false);
  ask.subscriptions = json.value("subscriptions", false);
  return ask;
}

bool asked(const Server& server, const Ask& ask) {
  if (!server.speaks()) return false;
  return ask.exact_match ? server.name == ask.server_name : server.name.find(ask.server_name) != std::string::npos;
}

std::string zipped(const std::string& text) {
  constexpr int kGzip = 15 + 16;
  z_stream z{};
  deflateInit2(&z, 1, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

}  // namespace

Simulator::Simulator(const Shape& shape, Link link)
    : world_(shape), link_(std::move(link)), random_(static_cast<unsigned>(shape.seed)) {
  natsOptions* options = nullptr;
  must(natsOptions_Create(&options), "options");
  natsOptions_SetURL(options, link_.url.c_str());
  natsOptions_SetUserInfo(options, link_.user.c_str(), link_.password.c_str());
  natsOptions_SetName(options, "fleet_sim");
  natsOptions_SetIOBufSize(options, 1 << 20);
  const natsStatus status = natsConnection_Connect(&connection_, options);
  natsOptions_Destroy(options);
  must(status, link_.url.c_str());
  for (const char* subject : {"$SYS.REQ.SERVER.>", "$SYS.REQ.ACCOUNT.>"}) {
    natsSubscription* subscription = nullptr;
    must(natsConnection_Subscribe(&subscription, connection_, subject, on_request, this), subject);
    subscriptions_.push_back(subscription);
  }
  {
    const std::lock_guard lock(mutex_);
    for (Server& server : world_.servers()) push_statsz(server);
  }
  must(natsConnection_FlushTimeout(connection_, 30000), "flush");
  thread_ = std::thread([this] { run(); });
}

Simulator::~Simulator() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
  for (natsSubscription* subscription : subscriptions_) natsSubscription_Unsubscribe(subscription);
  natsConnection_Close(connection_);
  nats_CloseAndWait(10000);  // no callback runs after it
}

void Simulator::on_request(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsMsg* message,
                           void* self) {
  const char* reply = natsMsg_GetReply(message);
  const char* encoding = nullptr;
  const bool gzip = natsMsgHeader_Get(message, "Accept-Encoding", &encoding) == NATS_OK &&
                    std::string_view(encoding).find("gzip") != std::string_view::npos;
  if (reply != nullptr && *reply != '\0') {
    auto& simulator = *static_cast<Simulator*>(self);
    const std::string_view body(natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message)));
    simulator.answer(natsMsg_GetSubject(message), body, reply, gzip);
  }
  natsMsg_Destroy(message);
}

// $SYS.REQ.SERVER.PING, .PING.<EP>, .<id>.<EP>; $SYS.REQ.ACCOUNT.PING.<EP>, .<account>.<EP>.
void Simulator::answer(std::string_view subject, std::string_view body, const std::string& reply, bool gzip) {
  constexpr std::string_view kServer = "$SYS.REQ.SERVER.";
  constexpr std::string_view kAccount = "$SYS.REQ.ACCOUNT.";
  const bool of_account = subject.starts_with(kAccount);
  subject.remove_prefix(of_account ? kAccount.size() : kServer.size());
  const std::size_t dot = subject.find('.');
  const std::string_view who = subject.substr(0, dot);
  const std::string_view name = dot == std::string_view::npos ? "STATSZ" : subject.substr(dot + 1);
  const Template* endpoint = replies_.endpoint(name);
  if (endpoint == nullptr) return;
  Ask ask = ask_of(body);
  if (of_account && who != "PING") ask.account = who;
  gzip = gzip && name != "STATSZ";  // as servers do
  const std::lock_guard lock(mutex_);
  if (who == "PING" || of_account) {
    for (Server& server : world_.servers()) {
      if (asked(server, ask)) answer_one(server, *endpoint, ask, reply, gzip);
    }
  } else if (Server* server = world_.find(who); server != nullptr && server->speaks()) {
    answer_one(*server, *endpoint, ask, reply, gzip);
  }
}

void Simulator::answer_one(Server& server, const Template& endpoint, const Ask& ask, const std::string& reply,
                           bool gzip) {
  ++server.seq;
  payload_.clear();
  endpoint.write(payload_, {world_, replies_, server, ask, time_now(time_)});
  if (chance(faults_.drop)) return;
  const bool plain = !gzip && faults_.truncate <= 0 && faults_.duplicate <= 0 && faults_.delay == 0;
  if (plain) {
    ++replies_sent_;
    return send(reply, payload_);
  }
  std::string out = gzip ? zipped(payload_) : payload_;
  if (chance(faults_.truncate)) out.resize(out.size() / 2);
  if (chance(faults_.duplicate)) reply_with(reply, out);
  reply_with(reply, std::move(out));
}

void Simulator::reply_with(const std::string& reply, std::string payload) {
  ++replies_sent_;
  if (faults_.delay == 0) return send(reply, payload);
  late_.push_back({steady_clock::now() + std::chrono::milliseconds(faults_.delay), reply, std::move(payload)});
}

void Simulator::send(const std::string& subject, std::string_view payload) {
  const auto status =
      natsConnection_Publish(connection_, subject.c_str(), payload.data(), static_cast<int>(payload.size()));
  refused_ += status == NATS_OK ? 0 : 1;  // longer than the nats-server allows, or the connection is gone
}

void Simulator::push_statsz(Server& server) {
  if (!server.speaks()) return;
  static const Ask kNothing;
  ++server.seq;
  payload_.clear();
  replies_.endpoint("STATSZ")->write(payload_, {world_, replies_, server, kNothing, time_now(time_)});
  send("$SYS.SERVER." + server.id + ".STATSZ", payload_);
}

void Simulator::say(Server& server, Say what, std::uint64_t cid, std::size_t account) {
  static const Ask kNothing;
  ++server.seq;
  events_.write(what, {world_, replies_, server, kNothing, time_now(time_), cid, account}, subject_, payload_);
  send(subject_, payload_);
}

bool Simulator::chance(double percent) {
  return percent > 0 && std::uniform_real_distribution<>(0, 100)(random_) < percent;
}

Server* Simulator::at(std::size_t index) {
  return index < world_.servers().size() && !world_.servers()[index].removed ? &world_.servers()[index] : nullptr;
}

// STATSZ of every server spread over the interval, and so the random events.
void Simulator::run() {
  const auto began = steady_clock::now();
  double statsz = 0;
  double events = 0;
  std::size_t next = 0;
  while (!stop_) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::lock_guard lock(mutex_);
    const double passed = std::chrono::duration<double>(steady_clock::now() - began).count();
    const auto all = static_cast<double>(world_.servers().size());
    for (; statsz < passed && link_.statsz_interval > 0; statsz += link_.statsz_interval / all)
      push_statsz(world_.servers()[next++ % world_.servers().size()]);
    constexpr std::string_view kKinds[] = {"connect", "disconnect", "connect", "disconnect", "auth_error"};
    for (; link_.events_per_second > 0 && events < passed; events += 1 / link_.events_per_second)
      (void)event(kKinds[random_() % std::size(kKinds)]);
    while (!late_.empty() && late_.front().due <= steady_clock::now()) {
      send(late_.front().subject, late_.front().payload);
      late_.pop_front();
    }
  }
}

}  // namespace lookout::fleet
