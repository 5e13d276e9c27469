#include "exporters/event_stream.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "agent/text.h"
#include "exporters/feed_query.h"
#include "exporters/health.h"
#include "exporters/http_body.h"

namespace lookout {
namespace {

using namespace std::chrono_literals;

constexpr auto kHeartbeat = 10s;
constexpr auto kLook = 500ms;    // between two looks at the snapshot, and at whether the client is there
constexpr auto kSnapshots = 1s;  // between two that are told
constexpr auto kGather = 25ms;   // after lines, so that in a storm many go out together
constexpr const char* kType = "text/event-stream";
constexpr const char* kPlain = "text/plain; charset=utf-8";

void append(std::string& text, const Feed::Line& line) {
  text.append("event: ").append(kEventGroupNames[static_cast<std::size_t>(line.group)]);
  text.append("\nid: ").append(std::to_string(line.id));
  text.append("\ndata: ").append(line.text).append("\n\n");
}

void refuse(httplib::Response& response, int status, const std::string& sentence) {
  response.status = status;
  send_body(response, sentence + "\n", kPlain);
}

}  // namespace

// One client's.
class EventStreams::Stream {
 public:
  Stream(EventStreams& streams, FeedQuery query) : streams_(streams), query_(std::move(query)) {
    streams_.feed_.open(query_.kinds);
    place_ = query_.place.value_or(streams_.feed_.place());
  }
  ~Stream() {
    streams_.feed_.close(query_.kinds, read_clock());
    --streams_.instruments_.page_clients;
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Waits for something to tell, and tells it. False: the client is gone, or we go.
  bool go_on(httplib::DataSink& sink) {
    const Mono now = read_clock().mono;
    if (begun_) streams_.feed_.wait(query_.kinds, place_, std::min(next_heartbeat_, now + kLook), streams_.stopping_);
    std::string text = std::exchange(begun_, true) ? "" : ": this is a stream of events\nretry: 2000\n\n";
    const bool events = add_events(text);
    add_snapshot(text);
    add_heartbeat(text);
    if (streams_.stopping_ || !sink.is_writable()) return false;
    if (!text.empty() && !sink.write(text.data(), text.size())) return false;
    if (events) std::this_thread::sleep_for(kGather);
    return true;
  }

 private:
  bool add_events(std::string& text) {
    const Feed::Read read = streams_.feed_.read(query_.kinds, place_);
    place_ = read.place;
    if (read.lost) text.append("event: lost\ndata: {\"lost\":").append(std::to_string(read.count)).append("}\n\n");
    for (const auto& line : read.lines)
      if (selects(query_, *line)) append(text, *line);
    return !read.lines.empty();
  }

  void add_snapshot(std::string& text) {
    const Mono now = read_clock().mono;
    if (now < next_snapshot_) return;
    const auto snapshot = streams_.cell_.get();
    if (snapshot->content == content_) return;
    content_ = snapshot->content;
    next_snapshot_ = now + kSnapshots;
    const Health status = health_of(*snapshot);
    text.append("event: snapshot\ndata: ").append(R"({"version":)").append(std::to_string(content_));
    text.append(R"(,"time":")").append(format_time(snapshot->taken.wall));
    text.append(R"(","status":")").append(kHealthNames[static_cast<std::size_t>(status)]).append("\"}\n\n");
  }

  void add_heartbeat(std::string& text) {
    const Mono now = read_clock().mono;
    if (now < next_heartbeat_) return;
    next_heartbeat_ = now + kHeartbeat;
    text.append(": still here\n\n");
  }

  EventStreams& streams_;
  const FeedQuery query_;
  std::uint64_t place_;
  std::uint64_t content_ = 0;
  bool begun_ = false;
  Mono next_snapshot_{};
  Mono next_heartbeat_ = read_clock().mono + kHeartbeat;
};

void EventStreams::answer(const httplib::Request& request, httplib::Response& response) {
  auto query = read_feed_query(request.params, request.get_header_value("Last-Event-ID"));
  if (!query) return refuse(response, 400, query.error());
  if (++instruments_.page_clients > kMost) {
    --instruments_.page_clients;
    return refuse(response, 503, "All " + std::to_string(kMost) + " places for listeners are taken; try again later.");
  }
  const auto stream = std::make_shared<Stream>(*this, *std::move(query));
  response.set_header("X-Accel-Buffering", "no");  // for proxies that gather what they pass on
  response.set_chunked_content_provider(kType,
                                        [stream](std::size_t, httplib::DataSink& sink) { return stream->go_on(sink); });
}

void EventStreams::stop() {
  stopping_ = true;
  feed_.wake();
}

}  // namespace lookout
