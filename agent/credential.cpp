#include "agent/credential.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/nkey.h"
#include "agent/text.h"

namespace lookout {
namespace {

std::optional<Wall> end_of_jwt(const std::string& creds) {
  const auto claims = nlohmann::json::parse(jwt_claims(line_starting_with("eyJ", creds)), nullptr, false);
  const auto expires = claims.is_object() ? claims.find("exp") : claims.end();
  if (expires == claims.end() || !expires->is_number_integer()) return std::nullopt;
  return expiry_at(expires->get<std::int64_t>());
}

// Of the first certificate of the chain, the client's own.
std::optional<Wall> end_of_certificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), X509_free);
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) return std::nullopt;
  return expiry_at(timegm(&end));
}

}  // namespace

std::optional<Wall> expiry_at(std::int64_t time) {
  constexpr std::int64_t kLatest = 4102444800;  // the year 2100
  if (time <= 0 || time >= kLatest) return std::nullopt;
  return Wall(std::chrono::seconds(time));
}

std::optional<Expiry> first_expiry(const NatsOptions& nats) {
  std::optional<Expiry> first;
  const auto look = [&](const std::string& path, auto end_of, const char* of) {
    const auto text = path.empty() ? Result<std::string>(Error{}) : read_secret(path);
    const std::optional<Wall> end = text ? end_of(*text) : std::nullopt;
    if (end && (!first || *end < first->time)) first = Expiry{*end, of};
  };
  look(nats.creds, end_of_jwt, "the user JWT");
  look(nats.tls.cert, end_of_certificate, "the client certificate");
  return first;
}

}  // namespace lookout
