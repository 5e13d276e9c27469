#include "exporters/http_post.h"

#include <httplib.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "exporters/prometheus.h"

namespace lookout {
namespace {

constexpr std::chrono::seconds kPatience{5};                // to connect, for one read, for one write
constexpr std::size_t kMaxAnswer = std::size_t{64} << 10U;  // of an answer that nobody reads
constexpr const char* kSignature = "X-Lookout-Signature-256";

std::unique_ptr<httplib::ClientImpl> client_for(const Target& target) {
  std::unique_ptr<httplib::ClientImpl> client;
  if (target.url.tls)
    client = std::make_unique<httplib::SSLClient>(target.url.host, target.url.port);
  else
    client = std::make_unique<httplib::ClientImpl>(target.url.host, target.url.port);
  client->set_connection_timeout(kPatience);
  client->set_read_timeout(kPatience);
  client->set_write_timeout(kPatience);
  client->set_tcp_nodelay(true);
  client->set_url_encode(false);  // the path is sent as it was given
  if (!target.ca.empty()) client->set_ca_cert_path(target.ca);
  return client;
}

// Adds what says who we are; the error names the file that cannot be read.
std::optional<Error> authenticate(const Target& target, httplib::Request& request) {
  if (!target.token_file.empty()) {
    const auto token = read_secret(target.token_file);
    if (!token) return Error{token.error()};
    request.set_header("Authorization", "Bearer " + *token);
  }
  if (!target.password_file.empty()) {
    const auto password = read_secret(target.password_file);
    if (!password) return Error{password.error()};
    request.headers.insert(httplib::make_basic_authentication_header(target.user, *password));
  }
  if (!target.secret_file.empty()) {
    const auto secret = read_secret(target.secret_file);
    if (!secret) return Error{secret.error()};
    request.set_header(kSignature, signature_of(request.body, *secret));
  }
  return std::nullopt;
}

const char* reason_of(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return "it cannot be connected to";
    case httplib::Error::ConnectionTimeout:
      return "it does not accept the connection in time";
    case httplib::Error::Read:
      return "it gives no answer";
    case httplib::Error::Write:
      return "it does not take the request";
    case httplib::Error::SSLConnection:
      return "TLS cannot be agreed on";
    case httplib::Error::SSLLoadingCerts:
      return "the certificates to trust cannot be read";
    case httplib::Error::SSLServerVerification:
      return "its certificate is not trusted, or not its own";
    default:
      return "it does not speak HTTP";
  }
}

}  // namespace

std::string signature_of(const std::string& body, const std::string& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data(), &size);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "sha256=";
  for (unsigned i = 0; i < size; ++i) text.append({kHex[digest.at(i) >> 4U], kHex[digest.at(i) & 15U]});
  return text;
}

std::optional<Error> http_post(const Target& target, const std::string& body) {
  httplib::Request request;
  request.method = "POST";
  request.path = (target.url.path.empty() ? "/" : target.url.path) + target.url.query;
  request.body = body;
  request.set_header("Host", host_and_port(target.url));
  request.set_header("Content-Type", "application/json");
  request.set_header("Accept-Encoding", "identity");
  request.set_header("User-Agent", std::string("nats-lookout/") + lookout_version());
  std::size_t read = 0;
  request.content_receiver = [&read](const char* /*data*/, std::size_t size, std::uint64_t, std::uint64_t) {
    return (read += size) <= kMaxAnswer;
  };
  if (auto error = authenticate(target, request)) return error;
  httplib::Response response;
  httplib::Error error = httplib::Error::Success;
  client_for(target)->send(request, response, error);
  if (response.status < 0) return Error{reason_of(error)};
  if (response.status / 100 != 2) return Error{"it answers " + std::to_string(response.status)};
  return std::nullopt;
}

}  // namespace lookout
