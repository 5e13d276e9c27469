#include "tests/e2e/support/nats.h"

#include <gtest/gtest.h>
#include <nats/nats.h>

#include <stdexcept>

namespace lookout::e2e {
namespace {

std::string said(natsStatus status, jsErrCode code) {
  return std::string(natsStatus_GetText(status)) + ", JetStream error " + std::to_string(code);
}

// While there is no meta leader, or a stream is being moved, the API refuses or does not answer.
template <class Call>
void persist(const std::string& what, Call call) {
  natsStatus status = NATS_OK;
  jsErrCode code{};
  const bool done = eventually(
      [&] {
        status = call(&code);
        return status == NATS_OK;
      },
      40s);
  if (!done) throw std::runtime_error(what + ": " + said(status, code));
}

}  // namespace

Nats::Nats(const std::string& url, const Login& login) {
  natsOptions* options = nullptr;
  natsStatus status = natsOptions_Create(&options);
  if (status == NATS_OK) status = natsOptions_SetURL(options, url.c_str());
  if (status == NATS_OK) status = natsOptions_SetUserInfo(options, login.user.c_str(), login.password.c_str());
  if (status == NATS_OK) status = natsOptions_SetName(options, login.name.c_str());
  if (status == NATS_OK) status = natsConnection_Connect(&connection_, options);
  natsOptions_Destroy(options);
  if (status != NATS_OK) throw std::runtime_error(url + ": " + natsStatus_GetText(status));
}

Nats::~Nats() {
  natsConnection_Destroy(connection_);
}

nlohmann::json Nats::request(const std::string& subject, const nlohmann::json& body, milliseconds limit) const {
  const std::string payload = body.is_null() ? std::string() : body.dump();
  natsMsg* reply = nullptr;
  const natsStatus status = natsConnection_Request(&reply, connection_, subject.c_str(), payload.data(),
                                                   static_cast<int>(payload.size()), limit.count());
  if (status != NATS_OK) return {};
  const std::string text(natsMsg_GetData(reply), static_cast<std::size_t>(natsMsg_GetDataLength(reply)));
  natsMsg_Destroy(reply);
  return nlohmann::json::parse(text, nullptr, false);
}

JetStream::JetStream(const std::string& url, const Login& login) : Nats(url, login) {
  if (natsConnection_JetStream(&context_, connection(), nullptr) != NATS_OK) throw std::runtime_error("no JetStream");
}

JetStream::~JetStream() {
  jsCtx_Destroy(context_);
}

void JetStream::add(const StreamSpec& spec) const {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = spec.name.c_str();
  config.Replicas = spec.replicas;
  const char* subjects[] = {spec.subject.c_str()};
  if (!spec.subject.empty()) {
    config.Subjects = subjects;
    config.SubjectsLen = 1;
  }
  jsPlacement placement;
  jsPlacement_Init(&placement);
  placement.Cluster = spec.cluster.c_str();
  if (!spec.cluster.empty()) config.Placement = &placement;
  std::vector<jsStreamSource> upstream(spec.sources.size() + 1);
  std::vector<jsStreamSource*> sources;
  for (jsStreamSource& source : upstream) jsStreamSource_Init(&source);
  for (std::size_t index = 0; index < spec.sources.size(); ++index) {
    upstream[index].Name = spec.sources[index].c_str();
    sources.push_back(&upstream[index]);
  }
  config.Sources = sources.empty() ? nullptr : sources.data();
  config.SourcesLen = static_cast<int>(sources.size());
  upstream.back().Name = spec.mirror.c_str();
  if (!spec.mirror.empty()) config.Mirror = &upstream.back();
  persist("stream " + spec.name,
          [&](jsErrCode* code) { return js_AddStream(nullptr, context_, &config, nullptr, code); });
}

void JetStream::add_consumer(const std::string& stream, const std::string& durable) const {
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = durable.c_str();
  config.AckPolicy = js_AckExplicit;
  persist("consumer " + durable,
          [&](jsErrCode* code) { return js_AddConsumer(nullptr, context_, stream.c_str(), &config, nullptr, code); });
}

void JetStream::remove(const std::string& stream) const {
  persist("delete " + stream, [&](jsErrCode* code) {
    const natsStatus status = js_DeleteStream(context_, stream.c_str(), nullptr, code);
    return status == NATS_NOT_FOUND ? NATS_OK : status;  // an earlier attempt whose answer was late
  });
}

void JetStream::publish(const std::string& subject, int count, const std::string& payload) const {
  for (int index = 0; index < count; ++index) {
    persist("publish to " + subject, [&](jsErrCode* code) {
      jsPubOptions options;
      jsPubOptions_Init(&options);
      const std::string id = subject + std::to_string(published_ + index);
      options.MsgId = id.c_str();  // a repeated attempt is no second message
      return js_Publish(nullptr, context_, subject.c_str(), payload.data(), static_cast<int>(payload.size()), &options,
                        code);
    });
  }
  published_ += count;
}

void JetStream::fetch(const std::string& stream, const std::string& durable, int count, int acks) const {
  natsSubscription* subscription = nullptr;
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Consumer = durable.c_str();
  options.ManualAck = true;
  persist("pull " + durable, [&](jsErrCode* code) {
    return js_PullSubscribe(&subscription, context_, nullptr, durable.c_str(), nullptr, &options, code);
  });
  int fetched = 0;
  persist("fetch " + durable, [&](jsErrCode* code) {
    natsMsgList list{};
    const natsStatus status = natsSubscription_Fetch(&list, subscription, count - fetched, 2000, code);
    for (int index = 0; status == NATS_OK && index < list.Count; ++index, ++fetched) {
      const natsStatus acked = fetched < acks ? natsMsg_AckSync(list.Msgs[index], nullptr, code) : NATS_OK;
      EXPECT_EQ(acked, NATS_OK) << said(acked, *code);
    }
    natsMsgList_Destroy(&list);
    return fetched == count ? NATS_OK : NATS_TIMEOUT;
  });
  natsSubscription_Destroy(subscription);
}

std::uint64_t JetStream::messages(const std::string& stream) const {
  jsStreamInfo* info = nullptr;
  persist("info " + stream,
          [&](jsErrCode* code) { return js_GetStreamInfo(&info, context_, stream.c_str(), nullptr, code); });
  const std::uint64_t messages = info->State.Msgs;
  jsStreamInfo_Destroy(info);
  return messages;
}

std::string JetStream::leader(const std::string& stream) const {
  jsStreamInfo* info = nullptr;
  if (js_GetStreamInfo(&info, context_, stream.c_str(), nullptr, nullptr) != NATS_OK) return {};
  const bool led = info->Cluster != nullptr && info->Cluster->Leader != nullptr;
  std::string leader = led ? info->Cluster->Leader : "";
  jsStreamInfo_Destroy(info);
  return leader;
}

void JetStream::move_leader(const std::string& stream) const {
  const std::string before = leader(stream);
  const bool moved = eventually(
      [&] {
        (void)request("$JS.API.STREAM.LEADER.STEPDOWN." + stream);
        return eventually(
            [&] {
              const std::string now = leader(stream);
              return !now.empty() && now != before;
            },
            5s);
      },
      40s);
  if (!moved) throw std::runtime_error("the leader of " + stream + " stays " + before);
}

}  // namespace lookout::e2e
