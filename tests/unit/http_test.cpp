#include "exporters/http.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "exporters/event_stream.h"
#include "exporters/gzip.h"

namespace lookout {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

std::atomic<Mono::rep> fake_mono{0};
Now fake_clock() {
  return {Mono(Mono::duration(fake_mono.load())), Wall(1700000000s)};
}
void set_clock(std::chrono::seconds time) {
  fake_mono = std::chrono::duration_cast<Mono::duration>(time).count();
}

constexpr const char* kPlain = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
// What Prometheus 2.42 and 3.5 send.
constexpr const char* kPrometheus2 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr const char* kPrometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

// The names of the samples, in their order.
std::vector<std::string> sample_names(const std::string& page) {
  std::vector<std::string> names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    const std::string name = line.substr(0, line.find_first_of("{ "));
    if (name != "#" && (names.empty() || names.back() != name)) names.push_back(name);
  }
  return names;
}

// What any gzip reader makes of it; one member only.
std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  char buffer[65536];
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof(buffer) - stream.avail_out);
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole ? out : "not one whole gzip stream";
}

// Asks for a page as it is: some versions of the client ask for gzip by themselves.
httplib::Headers plainly(const char* accept = "*/*") {
  return {{"Accept", accept}, {"Accept-Encoding", "identity"}};
}

// A plain socket, for clients that misbehave.
class RawClient {
 public:
  explicit RawClient(int port, const char* source = "127.0.0.1") : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 4096;  // of an answer that is not read
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    inet_pton(AF_INET, source, &from.sin_addr);
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof(from)), 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(const std::string& text) const {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Until `end` was read, or the connection's end.
  [[nodiscard]] std::string read_until(const std::string& end) const {
    std::string got;
    char c = 0;
    while (!got.ends_with(end) && recv(fd_, &c, 1, 0) == 1) got += c;
    return got;
  }
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  int fd_;
  bool connected_ = false;
};

class Http : public testing::Test {
 protected:
  Http() {
    set_clock(1000s);
    config.listen_address = "127.0.0.1:0";
    start();
  }

  Result<std::unique_ptr<HttpServer>> serve() {
    return HttpServer::start(config, std::move(WebSecurity::open("", instruments).value()), cell, feed, instruments,
                             fake_clock);
  }
  void start() {
    auto made = serve();
    ASSERT_TRUE(made) << made.error();
    server = std::move(made.value());
  }

  [[nodiscard]] httplib::Client client() const {
    httplib::Client made("127.0.0.1", server->port());
    made.set_decompress(false);
    return made;
  }

  void put(const Snapshot& snapshot) { cell.put(std::make_shared<const Snapshot>(snapshot)); }

  Config config;
  Cell cell;
  Instruments instruments;
  Feed feed{read_clock(), false};
  std::unique_ptr<HttpServer> server;
};

TEST_F(Http, EveryEndpointAnswersGetAndHead) {
  const std::vector<std::pair<std::string, std::string>> endpoints{{"/", "text/html; charset=utf-8"},
                                                                   {"/metrics", kPlain},
                                                                   {"/metrics/surveyor", kPlain},
                                                                   {"/livez", "text/plain; charset=utf-8"},
                                                                   {"/-/healthy", "text/plain; charset=utf-8"},
                                                                   {"/readyz", "text/plain; charset=utf-8"},
                                                                   {"/-/ready", "text/plain; charset=utf-8"},
                                                                   {"/health", "application/json"},
                                                                   {"/api/v1/auth", "application/json"}};
  for (const auto& [path, type] : endpoints) {
    const auto got = client().Get(path);
    ASSERT_TRUE(got) << path;
    EXPECT_EQ(got->status, 200) << path;
    EXPECT_EQ(got->get_header_value("Content-Type"), type);
    EXPECT_FALSE(got->body.empty()) << path;
    EXPECT_FALSE(got->has_header("Server"));
    EXPECT_THAT(got->get_header_value("Content-Security-Policy"), StartsWith("default-src 'none'"));
    const auto head = client().Head(path);
    ASSERT_TRUE(head) << path;
    EXPECT_EQ(head->status, 200);
    EXPECT_TRUE(head->body.empty());
    EXPECT_NE(head->get_header_value("Content-Length"), "0");
  }
}

TEST_F(Http, AnEmptyPageIsAnAnswer) {
  const auto got = client().Get("/metrics/exporter", plainly());  // that exporter has nothing to say without a server
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->get_header_value("Content-Type"), kPlain);
  EXPECT_EQ(got->body, "");
  EXPECT_TRUE(got->has_header("Content-Length"));  // newer httplibs compress nothing to 20 bytes
  EXPECT_EQ(client().Head("/metrics/exporter")->status, 200);
}

TEST_F(Http, WhatIsNotThereIsOneSentence) {
  const auto missing = client().Get("/no/such");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body, "Nothing is here; the endpoints are listed at /.\n");
  const auto posted = client().Post("/metrics", "x=1", "text/plain");
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->status, 405);
  EXPECT_EQ(posted->get_header_value("Allow"), "GET, HEAD");
  EXPECT_EQ(posted->body, "Only GET and HEAD are answered here.\n");
  EXPECT_EQ(client().Delete("/")->status, 405);
  EXPECT_EQ(client().Post("/api/v1/auth", "{}", "application/json")->status, 405);
  EXPECT_EQ(client().Options("/")->status, 405);
  EXPECT_EQ(client().Get("/metrics/../etc/passwd")->status, 404);
}

TEST_F(Http, MetricsAreGzippedOnceWhenAsked) {
  httplib::Client prometheus = client();
  for (const char* accepted : {"gzip", "br, gzip", "deflate, gzip;q=0.5", "*"}) {
    const auto got = prometheus.Get("/metrics", {{"Accept-Encoding", accepted}});
    ASSERT_TRUE(got) << accepted;
    EXPECT_EQ(got->get_header_value("Content-Encoding"), "gzip") << accepted;
    EXPECT_EQ(got->get_header_value("Vary"), "Accept, Accept-Encoding");
    const std::string text = gunzip(got->body);
    EXPECT_THAT(text, StartsWith("# HELP "));
    EXPECT_THAT(text, HasSubstr("\nnats_lookout_connected 0\n"));
    EXPECT_THAT(text, HasSubstr("\nnats_lookout_build_info{"));
  }
  for (const char* accepted : {"", "identity", "br", "gzip;q=0", "gzip; q=0.000, br", "*;q=0"}) {
    const auto got = prometheus.Get("/metrics", {{"Accept-Encoding", accepted}});
    ASSERT_TRUE(got) << accepted;
    EXPECT_FALSE(got->has_header("Content-Encoding")) << accepted;
    EXPECT_THAT(got->body, StartsWith("# HELP ")) << accepted;
  }
}

TEST_F(Http, EveryPageOfMetricsIsOpenMetricsForPrometheus) {
  httplib::Client prometheus = client();
  for (const char* path : {"/metrics", "/metrics/surveyor", "/metrics/exporter", "/metrics/exporter?prefix=nats"}) {
    for (const char* accept : {kPrometheus2, kPrometheus3}) {
      const auto got = prometheus.Get(path, plainly(accept));
      ASSERT_TRUE(got) << path;
      EXPECT_EQ(got->get_header_value("Content-Type"), kOpenMetrics) << path;
      EXPECT_EQ(got->get_header_value("Vary"), "Accept, Accept-Encoding") << path;
      EXPECT_THAT(got->body, EndsWith("# EOF\n")) << path;
      const auto zipped = prometheus.Get(path, {{"Accept", accept}, {"Accept-Encoding", "gzip"}});
      ASSERT_TRUE(zipped) << path;
      EXPECT_EQ(zipped->get_header_value("Content-Type"), kOpenMetrics) << path;
      EXPECT_THAT(gunzip(zipped->body), EndsWith("# EOF\n")) << path;
      EXPECT_EQ(prometheus.Head(path, {{"Accept", accept}})->get_header_value("Content-Type"), kOpenMetrics) << path;
    }
  }
  EXPECT_EQ(prometheus.Get("/livez", {{"Accept", kPrometheus2}})->get_header_value("Content-Type"),
            "text/plain; charset=utf-8");
}

TEST_F(Http, BothFormatsHaveTheSameSamples) {
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(client().Get("/metrics"));  // so that the counters of requests are there
  const std::string text = client().Get("/metrics", plainly())->body;
  const std::string openmetrics = client().Get("/metrics", plainly(kPrometheus2))->body;
  EXPECT_GT(sample_names(text).size(), 20U);
  EXPECT_EQ(sample_names(text), sample_names(openmetrics));
  EXPECT_THAT(text, HasSubstr("\n# TYPE nats_lookout_http_requests_total counter\n"));
  EXPECT_THAT(openmetrics, HasSubstr("\n# TYPE nats_lookout_http_requests counter\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("# EOF")));
  EXPECT_THAT(text, HasSubstr("le=\"1\""));
  EXPECT_THAT(openmetrics, HasSubstr("le=\"1.0\""));
}

TEST_F(Http, TheAcceptHeaderMayComeInPieces) {
  const RawClient pieces(server->port());
  pieces.send(
      "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: text/plain;q=0.5\r\n"
      "Accept: application/openmetrics-text\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(pieces.read_until("# EOF\n"), EndsWith("# EOF\n"));
}

TEST_F(Http, APrefixIsPartOfAName) {
  for (const std::string& good : {std::string("nats"), std::string("_N4"), std::string(64, 'a')})
    EXPECT_EQ(client().Get("/metrics/exporter?prefix=" + good)->status, 200) << good;
  for (const std::string& bad : {std::string("4nats"), std::string("na-ts"), std::string("n%20"),
                                 std::string("n%0A%23"), std::string("%C3%A4"), std::string(65, 'a')}) {
    const auto got = client().Get("/metrics/exporter?prefix=" + bad, {{"Accept-Encoding", "gzip"}});
    ASSERT_TRUE(got) << bad;
    EXPECT_EQ(got->status, 400) << bad;
    EXPECT_EQ(got->get_header_value("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(
        got->body,
        "A prefix is made of letters, digits and underscores, does not begin with a digit and is at most 64 long.\n");
  }
  EXPECT_EQ(client().Get("/metrics?prefix=4")->status, 200);
}

TEST_F(Http, MetricsFollowTheSnapshot) {
  httplib::Client prometheus = client();
  EXPECT_THAT(prometheus.Get("/metrics", plainly())->body, HasSubstr("\nnats_lookout_connected 0\n"));
  Snapshot next;
  next.version = 1;
  next.link.connected = true;
  put(next);
  EXPECT_THAT(prometheus.Get("/metrics", plainly())->body, HasSubstr("\nnats_lookout_connected 1\n"));
  EXPECT_THAT(gunzip(prometheus.Get("/metrics", {{"Accept-Encoding", "gzip"}})->body),
              HasSubstr("\nnats_lookout_connected 1\n"));
}

TEST_F(Http, LivezFailsWhenTheLoopStandsStill) {
  EXPECT_EQ(client().Get("/livez")->status, 200) << "no turn yet, just started";
  set_clock(1031s);
  EXPECT_EQ(client().Get("/livez")->status, 503) << "no turn for 31 seconds";
  instruments.heartbeat = fake_mono.load();
  set_clock(1061s);
  EXPECT_EQ(client().Get("/livez")->body, "ok\n");
  set_clock(1062s);
  const auto stuck = client().Get("/-/healthy");
  EXPECT_EQ(stuck->status, 503);
  EXPECT_EQ(stuck->body, "The loop has made no progress for more than 30 seconds.\n");
  EXPECT_EQ(client().Get("/readyz")->status, 200);
  EXPECT_EQ(client().Get("/metrics")->status, 200);
}

TEST_F(Http, StrictHealthFailsWhenCritical) {
  Snapshot bad;
  bad.health = Health::critical;
  put(bad);
  EXPECT_EQ(client().Get("/health")->status, 200);
  const auto strict = client().Get("/health?strict=1");
  EXPECT_EQ(strict->status, 503);
  EXPECT_EQ(nlohmann::json::parse(strict->body)["status"], "critical");
  bad.health = Health::warning;
  put(bad);
  EXPECT_EQ(client().Get("/health?strict=1")->status, 200);
}

TEST_F(Http, AFilteredHealthIsJudgedByItself) {
  Snapshot bad;
  bad.link.connected = true;
  for (const char* cluster : {"east", "west"}) {
    auto view = std::make_shared<ServerView>();
    view->cluster = cluster;
    view->name = "n 1";
    bad.servers.push_back(view);
  }
  bad.rounds = {{1, 1, 0, 0, 1, {}, {}}};
  Finding lost{"server_lost", "east/n 1", Health::critical, Wall(1699999900s), "It fell silent."};
  lost.cluster = "east";
  bad.findings = {lost};
  bad.health = Health::critical;
  put(bad);
  EXPECT_EQ(client().Get("/health?strict=1&cluster=east")->status, 503);
  const auto west = client().Get("/health?strict=1&cluster=west&server=n%201");
  EXPECT_EQ(west->status, 200);
  EXPECT_EQ(nlohmann::json::parse(west->body)["status"], "ok");
  EXPECT_EQ(client().Get("/health?strict=0&cluster=east")->status, 200);
}

TEST_F(Http, AFilterThatIsNoneIsOneSentence) {
  for (const char* path : {"/health?cluster=", "/health?cluster", "/health?clusters=east", "/health?check=foo",
                           "/health?server=a&server=b", "/health?strict=yes"}) {
    const auto got = client().Get(path);
    ASSERT_TRUE(got) << path;
    EXPECT_EQ(got->status, 400) << path;
    EXPECT_EQ(got->get_header_value("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_THAT(got->body, EndsWith(".\n"));
    EXPECT_EQ(std::count(got->body.begin(), got->body.end(), '\n'), 1) << got->body;
  }
}

TEST_F(Http, RangesAreIgnored) {
  const auto got = client().Get("/livez", {{"Range", "bytes=0-0,1-1,2-2"}});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "ok\n");
}

// httplib asks for what lies beyond the end, also of an error's sentence and of a file.
TEST_F(Http, ARangeBeyondTheEndIsIgnored) {
  for (const char* path : {"/nowhere", "/livez", "/", "/page/main.js", "/api/v1/events?kind=nonsense"}) {
    for (const char* range : {"bytes=5000000-6000000", "bytes=0-10", "bytes=5-3", "bytes=1-1,2-2"}) {
      const auto got = client().Get(path, {{"Range", range}});
      ASSERT_TRUE(got) << path << range;
      EXPECT_NE(got->status, 206) << path << range;
    }
  }
  EXPECT_EQ(client().Get("/livez")->body, "ok\n");
}

TEST_F(Http, RequestsAreCountedByKnownPathsOnly) {
  ASSERT_TRUE(client().Get("/livez"));
  ASSERT_TRUE(client().Get("/made/up"));
  server->stop();
  EXPECT_EQ(instruments.http_requests.Add({{"path", "/livez"}, {"code", "200"}}).Value(), 1);
  EXPECT_EQ(instruments.http_requests.Add({{"path", "other"}, {"code", "404"}}).Value(), 1);
}

TEST_F(Http, APortInUseIsOneSentence) {
  config.listen_address = "127.0.0.1:" + std::to_string(server->port());
  const auto second = serve();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "cannot listen on \"" + config.listen_address + "\": Address already in use");
}

TEST_F(Http, AnAddressThatIsNoneIsOneSentence) {
  for (const char* address : {"9422", ":x", "127.0.0.1:70000", ":-1", "", "127.0.0.1:"}) {
    config.listen_address = address;
    const auto none = serve();
    ASSERT_FALSE(none) << address;
    EXPECT_EQ(none.error(),
              "cannot listen on \"" + std::string(address) + "\": an address looks like :9422 or 127.0.0.1:9422");
  }
}

TEST_F(Http, WithoutAHostEveryInterfaceAnswers) {
  config.listen_address = ":0";
  start();
  const auto four = httplib::Client("127.0.0.1", server->port()).Get("/livez");
  ASSERT_TRUE(four);
  EXPECT_EQ(four->body, "ok\n");
  const int six = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool has_ipv6 = six >= 0 && bind(six, reinterpret_cast<const sockaddr*>(&loopback), sizeof(loopback)) == 0;
  if (six >= 0) close(six);
  if (!has_ipv6) GTEST_SKIP() << "this machine has no IPv6 loopback; IPv4 was tested";
  const auto answer = httplib::Client("::1", server->port()).Get("/livez");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "ok\n");
}

TEST_F(Http, StalledClientsBlockNobody) {
  std::vector<std::unique_ptr<RawClient>> stalled;
  for (int i = 0; i < 100; ++i) {
    stalled.push_back(std::make_unique<RawClient>(server->port()));
    stalled.back()->send("GET /metrics HTTP/1.1\r\nHost: x\r\n");  // and no end of the headers
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client().Get("/livez")->status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);  // they are given 10 s
}

TEST_F(Http, ARequestHasALargestHead) {
  const RawClient large(server->port());
  large.send("GET /livez HTTP/1.1\r\nX: " + std::string(20000, 'x'));
  EXPECT_THAT(large.read_until("large.\n"), StartsWith("HTTP/1.1 431 "));
  const RawClient many(server->port());
  std::string headers;
  for (int i = 0; i < 3000; ++i) headers += "X: y\r\n";
  many.send("GET /livez HTTP/1.1\r\n" + headers);
  EXPECT_THAT(many.read_until("large.\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(instruments.http_connections_closed.Add({{"reason", "too_large"}}).Value(), 2);
}

TEST_F(Http, WhatIsNoRequestIsRefused) {
  for (const std::string& text :
       {std::string("nonsense\r\n\r\n"), std::string("GET /livez HTTP/9.9\r\n\r\n"), std::string("\0\xff\r\n\r\n", 6),
        std::string("\r\n\r\n"), "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n"}) {
    const RawClient client(server->port());
    client.send(text);
    EXPECT_THAT(client.read_until("understood.\n"), StartsWith("HTTP/1.1 4"));
  }
  EXPECT_EQ(client().Get("/livez")->status, 200);
}

// A body that nobody wants is not waited for.
TEST_F(Http, ABodyIsNotRead) {
  const RawClient client(server->port());
  client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx");
  EXPECT_THAT(client.read_until("here.\n"), StartsWith("HTTP/1.1 405 "));
}

TEST_F(Http, ClientsThatDoNotReadBlockNobody) {
  Snapshot large;
  for (int i = 0; i < 10000; ++i) {
    auto view = std::make_shared<ServerView>();
    view->name = "n" + std::to_string(i);
    large.servers.push_back(view);
  }
  put(large);
  ASSERT_GT(client().Get("/metrics", plainly())->body.size(), 8U << 20U) << "it must not fit into a socket";
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 30; ++i) {
    deaf.push_back(std::make_unique<RawClient>(server->port(), "127.0.0.2"));
    deaf.back()->send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (std::size_t i = 0; i < 12; ++i) EXPECT_THAT(deaf[i]->read_until("\r\n"), StartsWith("HTTP/1.1 200"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client().Get("/livez")->status, 200);
  EXPECT_EQ(client().Get("/")->status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);  // others may take nothing for 5 s
  const auto end = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - end, 1s);
}

TEST_F(Http, StoppingWaitsForNoClient) {
  const RawClient idle(server->port());
  idle.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(idle.read_until("ok\n"), StartsWith("HTTP/1.1 200"));  // kept alive from here on
  const RawClient stalled(server->port());
  stalled.send("GET /live");
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_FALSE(RawClient(server->port()).connected());
  server->stop();
}

// Server-sent events.
class HttpEvents : public Http {
 protected:
  // A stream that has begun.
  [[nodiscard]] std::unique_ptr<RawClient> listen(const std::string& query = "", const std::string& header = "") const {
    auto made = std::make_unique<RawClient>(server->port());
    made->send("GET /api/v1/events" + query + " HTTP/1.1\r\nHost: x\r\n" + header + "\r\n");
    EXPECT_THAT(made->read_until("retry: 2000\n\n"), HasSubstr("HTTP/1.1 200 OK"));
    return made;
  }
  void fail(const char* user) {
    Event event;
    event.kind = EventKind::auth_error;
    event.client.user = user;
    feed.write(event, read_clock());
  }
};

TEST_F(HttpEvents, AreToldAsTheyCome) {
  const auto reader = listen();
  fail("eve");
  const std::string got = reader->read_until("\"eve\"");
  EXPECT_THAT(got, HasSubstr("event: auth\nid: " + std::to_string(feed.place()) + "\ndata: {\"time\":"));
  EXPECT_EQ(instruments.page_clients, 1U);
}

TEST_F(HttpEvents, GoOnAfterABreak) {
  fail("first");
  const std::uint64_t place = feed.place();
  fail("second");
  const auto reader = listen("?last_event_id=0", "Last-Event-ID: " + std::to_string(place) + "\r\n");
  EXPECT_THAT(reader->read_until("\"second\""), testing::AllOf(Not(HasSubstr("first")), Not(HasSubstr("lost"))));
  const auto all = listen("?last_event_id=0");
  EXPECT_THAT(all->read_until("\"second\""),
              testing::AllOf(HasSubstr("event: lost\ndata: {\"lost\":0}\n\n"), HasSubstr("first")));
}

TEST_F(HttpEvents, ANewSnapshotIsToldWhenItsContentIsNew) {
  Snapshot snapshot;
  snapshot.version = snapshot.content = 7;
  put(snapshot);
  const auto reader = listen();
  EXPECT_THAT(reader->read_until("event: snapshot\ndata: {\"version\":7,\"time\":\"\",\"status\":\"unknown\"}"),
              HasSubstr("version"));
  snapshot.version = 8;
  put(snapshot);
  snapshot.version = snapshot.content = 9;
  put(snapshot);
  const std::string got = reader->read_until("\"version\":9");
  EXPECT_THAT(got, Not(HasSubstr("\"version\":8")));
}

TEST_F(HttpEvents, AreRefusedBeyondTheMost) {
  std::vector<std::unique_ptr<RawClient>> readers;
  for (std::size_t i = 0; i < EventStreams::kMost; ++i) readers.push_back(listen());
  const auto refused = client().Get("/api/v1/events");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->body, "All 32 places for listeners are taken; try again later.\n");
  EXPECT_EQ(client().Get("/metrics", plainly())->status, 200) << "others are served";
  readers.pop_back();
  // Its place is free as soon as its end is seen.
  for (int i = 0; i < 200 && instruments.page_clients == EventStreams::kMost; ++i) std::this_thread::sleep_for(50ms);
  EXPECT_NE(listen(), nullptr);
}

TEST_F(HttpEvents, AReaderWhoReadsNothingHoldsUpNobody) {
  const auto stalled = listen();
  const auto reader = listen();
  const std::string name(200, 'x');
  const Mono begin = read_clock().mono;
  for (int i = 0; i < 50000; ++i) fail(name.c_str());  // more than sockets take
  fail("last");
  EXPECT_LT(read_clock().mono - begin, 5s);
  EXPECT_THAT(reader->read_until("\"last\""), HasSubstr("event: lost\n"));
  EXPECT_EQ(client().Get("/metrics", plainly())->status, 200);
}

TEST_F(HttpEvents, EndWithTheServerAtOnce) {
  std::vector<std::unique_ptr<RawClient>> readers;
  for (int i = 0; i < 10; ++i) readers.push_back(listen());
  const Mono begin = read_clock().mono;
  server->stop();
  EXPECT_LT(read_clock().mono - begin, 1s);
  readers.clear();
  EXPECT_EQ(instruments.page_clients, 0U);
}

TEST_F(HttpEvents, AWrongParameterIsOneSentence) {
  const auto got = client().Get("/api/v1/events?kind=all");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->status, 400);
  EXPECT_THAT(got->body, EndsWith(", not 'all'.\n"));
}

TEST_F(Http, WithoutThePageItsAnswersAreNotThere) {
  config.web_page = false;
  start();
  for (const char* path : {"/", "/api/v1/system", "/api/v1/auth", "/api/v1/events"}) {
    const auto got = client().Get(path);
    ASSERT_TRUE(got) << path;
    EXPECT_EQ(got->status, 404) << path;
    EXPECT_EQ(client().Post(path)->status, 404) << path;
  }
  for (const char* path : {"/metrics", "/health", "/livez", "/readyz"})
    EXPECT_EQ(client().Get(path, plainly())->status, 200) << path;
}

TEST_F(Http, IdentitiesAreMaskedInAllThatIsTold) {
  Snapshot snapshot;
  snapshot.findings = {{"auth_brute_force",
                        "east",
                        Health::critical,
                        {},
                        "20 failed logins; sources: 10.9.8.7; users: eve",
                        "east",
                        {},
                        {20, {{"10.9.8.7", 20}}, {{"eve-user", 20}}}}};
  snapshot.auth = {{"east", 20, 1, 1, {}}};
  AuthFailure failure;
  failure.address = "10.9.8.7";
  failure.user = "eve-user";
  snapshot.auth_failures = std::make_shared<const std::vector<AuthFailure>>(1, failure);
  put(snapshot);
  const std::vector<std::string> told{"/", "/health", "/metrics", "/api/v1/auth", "/api/v1/findings"};
  for (const bool mask : {false, true}) {
    config.mask_identities = mask;
    start();
    std::string all;
    for (const std::string& path : told) all += client().Get(path, plainly())->body;
    EXPECT_EQ(all.find("10.9.8.7") == std::string::npos, mask);
    EXPECT_EQ(all.find("eve-user") == std::string::npos, mask);
  }
}

TEST_F(Http, AListenerThatBreaksComesBack) {
  for (int fd = 3; fd < 256; ++fd) {
    int listening = 0;
    socklen_t size = sizeof(listening);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1) shutdown(fd, SHUT_RDWR);
  }
  bool back = false;
  for (int i = 0; i < 500 && !back; ++i) {
    const auto got = client().Get("/livez");
    back = got && got->status == 200;
    if (!back) usleep(10000);
  }
  EXPECT_TRUE(back);
}

TEST(Gzip, PartsCompressedApartAreOneStream) {
  const std::string first(300000, 'a');
  const std::string second = "second";
  const Deflated a = deflate_part(first);
  const Deflated empty = deflate_part("");
  const Deflated b = deflate_part(second);
  EXPECT_EQ(gunzip(gzip_join({&a, &empty, &b})), first + second);
  EXPECT_EQ(gunzip(gzip_join({})), "");
}

}  // namespace
}  // namespace lookout
