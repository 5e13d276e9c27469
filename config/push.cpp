// What alerts are pushed to: --alertmanager.* and --webhook.*.
#include <algorithm>
#include <iterator>

#include "config/addresses.h"
#include "config/codec.h"

namespace lookout {

std::string host_and_port(const HttpUrl& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
}

namespace cfg {
namespace {

constexpr const char* kPush = "Push of alerts";
constexpr std::chrono::milliseconds kShortestRepeat{1000};

template <class At>
Codec http_urls(At at, const std::string& wanted) {
  const auto set = [at, wanted](Config& config, const Texts& texts) {
    auto read = read_http_urls(texts, wanted);
    if (!read) return read.error();
    at(config) = *read;
    return std::string{};
  };
  const auto get = [at](const Config& config) {
    Texts texts;
    std::transform(at(config).begin(), at(config).end(), std::back_inserter(texts), write_http_url);
    return texts;
  };
  return {set, get};
}

}  // namespace

std::vector<Option> push_options() {
  return {
      {"alertmanager.url", kPush, "URLS",
       "Alertmanagers, comma list of http(s)://host:port/prefix; each gets all alerts",
       http_urls(
           [](auto& c) -> auto& { return c.alertmanager.urls; },
           "http://host:port/prefix or https://host:port/prefix without a query (IPv6 in brackets)"),
       Shape::list},
      taken_by(Reload::file_post, {"alertmanager.tls.ca", kPush, kFile, "certificates to trust instead of the system's",
                                   text([](auto& c) -> auto& { return c.alertmanager.ca; })}),
      {"alertmanager.user", kPush, "NAME", "user for basic authentication",
       text([](auto& c) -> auto& { return c.alertmanager.user; })},
      taken_by(Reload::file_post,
               {"alertmanager.password-file", kPush, kFile, "file with the password, read at every post",
                text([](auto& c) -> auto& { return c.alertmanager.password_file; })}),
      taken_by(Reload::file_post,
               {"alertmanager.token-file", kPush, kFile, "file with a bearer token, read at every post",
                text([](auto& c) -> auto& { return c.alertmanager.token_file; })}),
      {"alertmanager.repeat", kPush, "DURATION", "how often a lasting alert is sent; it ends after three without",
       duration(
           [](auto& c) -> auto& { return c.alertmanager.repeat; }, kShortestRepeat)},
      {"webhook.url", kPush, "URLS", "receivers of changes as JSON, comma list of http(s)://host:port/path?query",
       http_urls(
           [](auto& c) -> auto& { return c.webhook.urls; },
           "http://host:port/path?query or https://host:port/path?query (IPv6 in brackets)"),
       Shape::list},
      taken_by(Reload::file_post, {"webhook.tls.ca", kPush, kFile, "certificates to trust instead of the system's",
                                   text([](auto& c) -> auto& { return c.webhook.ca; })}),
      taken_by(Reload::file_post, {"webhook.secret-file", kPush, kFile,
                                   "file with the key that signs bodies (HMAC-SHA256), read at every post",
                                   text([](auto& c) -> auto& { return c.webhook.secret_file; })}),
  };
}

}  // namespace cfg
}  // namespace lookout
