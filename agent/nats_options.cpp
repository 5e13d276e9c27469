#include "agent/nats_options.h"

#include <nats/nats.h>
#include <openssl/crypto.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "agent/link.h"
#include "agent/nkey.h"

namespace lookout {
namespace {

constexpr std::int64_t kWriteDeadlineMs = 2000;  // without one, a full socket blocks every libnats call for ever
constexpr std::uint32_t kSignatureFixed = 0x030800;

char* c_copy(std::string_view text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

natsStatus give_jwt(char** jwt, char** /*error*/, void* closure) noexcept {
  *jwt = c_copy(static_cast<NatsLogin*>(closure)->jwt);
  return *jwt == nullptr ? NATS_NO_MEMORY : NATS_OK;
}

natsStatus give_signature(char** error, unsigned char** signature, int* size, const char* nonce,
                          void* closure) noexcept {
  if (nonce == nullptr || *nonce == '\0') {
    *error = c_copy("the server takes no nkeys and no credentials files, it sent no nonce to sign");
    return NATS_ERR;
  }
  const natsStatus status = nats_Sign(static_cast<NatsLogin*>(closure)->seed.c_str(), nonce, signature, size);
  if (status != NATS_OK || (*signature)[0] != 0 || nats_GetVersionNumber() >= kSignatureFixed) return status;
  // This libnats leaves out a signature that begins with a zero byte. Failing here, before the login is sent, spares
  // the fleet an authentication error that never was one; the next attempt gets another nonce.
  std::free(*signature);
  *signature = nullptr;
  *error = c_copy("libnats before 3.8 cannot send this signature, the next attempt will have another");
  return NATS_ERR;
}

// Empty, or why not. libnats says "(null)" of a file that it cannot open.
std::string readable(const std::string& path, const char* what) {
  if (std::ifstream(path)) return {};
  return std::string(what) + " " + path + " cannot be read: " + std::generic_category().message(errno);
}

std::string because(std::string sentence, natsStatus status) {
  const std::string text = last_nats_error();
  return std::move(sentence) + ": " + (text.empty() ? natsStatus_GetText(status) : text);
}

// Each of the next returns an empty string, or why it could not.

std::string set_basics(natsOptions* options, const NatsOptions& config, const std::string& url) {
  std::array<const char*, 1> servers{url.c_str()};
  // In order, and all of them even after a failure: none depends on another.
  const std::array statuses{natsOptions_SetServers(options, servers.data(), 1),
                            natsOptions_SetName(options, kConnectionName),
                            natsOptions_SetTimeout(options, config.timeout.count()),
                            natsOptions_SetPingInterval(options, config.ping_interval.count()),
                            natsOptions_SetMaxPingsOut(options, 2),
                            natsOptions_SetWriteDeadline(options, kWriteDeadlineMs),
                            natsOptions_SetAllowReconnect(options, false),
                            natsOptions_SetRetryOnFailedConnect(options, false, nullptr, nullptr),
                            natsOptions_SetReconnectBufSize(options, 0),
                            natsOptions_SetNoEcho(options, true),
                            natsOptions_UseGlobalMessageDelivery(options, false)};
  for (const natsStatus status : statuses) {
    if (status != NATS_OK) return because("libnats refuses an option for " + url, status);
  }
  return {};
}

std::string set_tls(natsOptions* options, const NatsOptions& config, const std::string& url) {
  if (!wants_tls(config, url)) return {};
  const TlsOptions& tls = config.tls;
  for (const auto& [path, what] : {std::pair(&tls.ca, "the CA file"), std::pair(&tls.cert, "the client certificate"),
                                   std::pair(&tls.key, "the key of the client certificate")}) {
    std::string problem = path->empty() ? std::string() : readable(*path, what);
    if (!problem.empty()) return problem;
  }
  natsStatus status = natsOptions_SetSecure(options, true);
  if (status != NATS_OK) return because("TLS cannot be set up", status);
  if (!tls.ca.empty()) {
    status = natsOptions_LoadCATrustedCertificates(options, tls.ca.c_str());
    if (status != NATS_OK) return because("the CA file " + tls.ca + " cannot be used", status);
  }
  if (!tls.cert.empty()) {
    status = natsOptions_LoadCertificatesChain(options, tls.cert.c_str(), tls.key.c_str());
    if (status != NATS_OK) {
      return because("the client certificate " + tls.cert + " with key " + tls.key + " cannot be used", status);
    }
  }
  if (tls.first) {
#if NATS_VERSION_NUMBER >= 0x030900
    status = natsOptions_TLSHandshakeFirst(options);
    if (status != NATS_OK) return because("TLS-first cannot be set up", status);
#else
    return "TLS-first needs libnats 3.9, this is " + std::string(nats_GetVersion());
#endif
  }
  return {};
}

Result<std::string> read_for(const char* what, const std::string& path) {
  Result<std::string> text = read_secret(path);
  if (!text) return Error{std::string("no ") + what + ": " + text.error()};
  return text;
}

std::string set_creds(natsOptions* options, const std::string& path, NatsLogin& login) {
  const Result<std::string> text = read_for("credentials", path);
  if (!text) return text.error();
  login.jwt = line_starting_with("eyJ", *text);
  login.seed = line_starting_with("SU", *text);
  if (login.jwt.empty() || login.seed.empty())
    return "the credentials file " + path + " holds no user JWT with its seed";
  const natsStatus status = natsOptions_SetUserCredentialsCallbacks(options, give_jwt, &login, give_signature, &login);
  return status == NATS_OK ? "" : because("the credentials cannot be used", status);
}

std::string set_nkey(natsOptions* options, const std::string& path, NatsLogin& login) {
  const Result<std::string> text = read_for("nkey seed", path);
  if (!text) return text.error();
  login.seed = line_starting_with("SU", *text);
  if (login.seed.empty()) return "the nkey seed file " + path + " holds no user seed (SU...)";
  const Result<std::string> key = nkey_public_key(login.seed);
  if (!key) return "the nkey seed file " + path + " cannot be used: " + key.error();
  const natsStatus status = natsOptions_SetNKey(options, key->c_str(), give_signature, &login);
  return status == NATS_OK ? "" : because("the nkey cannot be used", status);
}

std::string set_token(natsOptions* options, const NatsOptions& config) {
  const Result<std::string> token =
      config.token_file.empty() ? Result<std::string>(config.token) : read_for("token", config.token_file);
  if (!token) return token.error();
  const natsStatus status = natsOptions_SetToken(options, json_escape(*token).c_str());
  return status == NATS_OK ? "" : because("the token cannot be used", status);
}

std::string set_user(natsOptions* options, const NatsOptions& config) {
  const Result<std::string> password =
      config.password_file.empty() ? Result<std::string>(config.password) : read_for("password", config.password_file);
  if (!password) return password.error();
  const natsStatus status =
      natsOptions_SetUserInfo(options, json_escape(config.user).c_str(), json_escape(*password).c_str());
  return status == NATS_OK ? "" : because("user and password cannot be used", status);
}

std::string set_login(natsOptions* options, const NatsOptions& config, NatsLogin& login) {
  if (!config.creds.empty()) return set_creds(options, config.creds, login);
  if (!config.nkey.empty()) return set_nkey(options, config.nkey, login);
  if (!config.token.empty() || !config.token_file.empty()) return set_token(options, config);
  if (!config.user.empty()) return set_user(options, config);
  return {};
}

}  // namespace

NatsLogin::~NatsLogin() {
  OPENSSL_cleanse(seed.data(), seed.size());
}

void FreeNatsOptions::operator()(natsOptions* options) const {
  natsOptions_Destroy(options);
}

Result<NatsOptionsPtr> make_nats_options(const NatsOptions& config, const std::string& url, NatsLogin& login) {
  natsOptions* raw = nullptr;
  const natsStatus status = natsOptions_Create(&raw);
  if (status != NATS_OK) return Error{because("libnats cannot start", status)};
  NatsOptionsPtr options(raw);
  for (std::string problem : {set_basics(raw, config, url), set_tls(raw, config, url), set_login(raw, config, login)}) {
    if (!problem.empty()) return Error{std::move(problem)};
  }
  return options;
}

std::string json_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", byte);
      escaped += code.data();
      continue;
    }
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool wants_tls(const NatsOptions& config, std::string_view url) {
  return url.starts_with("tls://") || config.tls.first || !config.tls.ca.empty() || !config.tls.cert.empty();
}

Endpoint endpoint_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/', url.find(']') == std::string_view::npos ? 0 : url.find(']')));
  Endpoint endpoint;
  const std::size_t colon = url.rfind(':');
  const bool has_port = colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos;
  if (has_port) std::from_chars(url.data() + colon + 1, url.data() + url.size(), endpoint.port);
  std::string_view host = url.substr(0, has_port ? colon : std::string_view::npos);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  endpoint.host = host;
  return endpoint;
}

std::string last_nats_error() {
  const char* raw = nats_GetLastError(nullptr);
  std::string_view text = raw == nullptr ? "" : raw;
  // "(conn.c:1905): Authorization Violation"
  const std::size_t position = text.find("): ");
  if (text.starts_with('(') && position != std::string_view::npos) text.remove_prefix(position + 3);
  return std::string(text);
}

}  // namespace lookout
