#include "exporters/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

namespace lookout {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all.append(all.empty() ? "" : ":").append(name);
  return all;
}

// "file 'x' is no certificate: <why>"
std::string wrong_file(const std::string& file, const std::string& what) {
  const char* const why = ERR_reason_error_string(ERR_peek_last_error());
  return "file '" + file + "' " + what + (why == nullptr ? "" : std::string(": ") + why);
}

int version_of(TlsVersion version) {
  return version == TlsVersion::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

std::string address_of(const ASN1_OCTET_STRING& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int size = ASN1_STRING_length(&bytes);
  const int family = size == 4 ? AF_INET : AF_INET6;
  if (size != 4 && size != 16) return {};
  return inet_ntop(family, ASN1_STRING_get0_data(&bytes), text.data(), text.size()) == nullptr ? "" : text.data();
}

// A host name, mail or IP address, or a URI, as text; empty: of another kind.
std::string text_of(const GENERAL_NAME& name) {
  int type = 0;
  const void* const value = GENERAL_NAME_get0_value(&name, &type);
  if (type == GEN_IPADD) return address_of(*static_cast<const ASN1_OCTET_STRING*>(value));
  if (type != GEN_DNS && type != GEN_EMAIL && type != GEN_URI) return {};
  const auto& text = *static_cast<const ASN1_STRING*>(value);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

bool has_one_of(const X509* certificate, const std::vector<std::string>& allowed) {
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
    const std::string text = text_of(*sk_GENERAL_NAME_value(names, i));
    found = !text.empty() && std::find(allowed.begin(), allowed.end(), text) != allowed.end();
  }
  GENERAL_NAMES_free(names);
  return found;
}

}  // namespace

Tls::Tls(const WebTls& config)
    : client_auth_(config.client_auth),
      allowed_sans_(config.client_allowed_sans),
      context_(SSL_CTX_new(TLS_server_method())) {}

Result<std::shared_ptr<const Tls>> Tls::make(const WebTls& config) {
  std::shared_ptr<Tls> tls(new Tls(config));
  if (tls->context_ == nullptr) return Error{"there is no memory for TLS"};
  ERR_clear_error();
  for (const auto step : {&Tls::load, &Tls::restrict_to, &Tls::ask_clients}) {
    std::string wrong = (*tls.*step)(config);
    ERR_clear_error();
    if (!wrong.empty()) return Error{std::move(wrong)};
  }
  return std::shared_ptr<const Tls>(std::move(tls));
}

std::string Tls::load(const WebTls& config) {
  SSL_CTX* const context = context_.get();
  // A key with a passphrase would make OpenSSL ask for it on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(context, config.cert_file.c_str()) != 1)
    return wrong_file(config.cert_file, "cannot be used as certificate (PEM)");
  // Else a key of another certificate would be an error of its own, without a name.
  if (SSL_CTX_use_PrivateKey_file(context, config.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return wrong_file(config.key_file, "cannot be used as key (PEM, no passphrase) of '" + config.cert_file + "'");
  return {};
}

std::string Tls::restrict_to(const WebTls& config) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, version_of(config.min_version));
  SSL_CTX_set_max_proto_version(context, version_of(config.max_version));
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (config.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  // A resumed session would not be asked for a certificate again, which may have been taken from the authority's file.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (!config.cipher_suites.empty() && SSL_CTX_set_cipher_list(context, joined(config.cipher_suites).c_str()) != 1)
    return "cipher_suites: this OpenSSL has none of them";
  if (!config.curves.empty() && SSL_CTX_set1_groups_list(context, joined(config.curves).c_str()) != 1)
    return "curve_preferences: this OpenSSL lacks one of them";
  return {};
}

std::string Tls::ask_clients(const WebTls& config) {
  SSL_CTX* const context = context_.get();
  if (client_auth_ == ClientAuth::none) return {};
  const bool needed = client_auth_ == ClientAuth::require_any || client_auth_ == ClientAuth::require_and_verify;
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (needed ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), verify_client);
  if (!verifies(client_auth_)) return {};
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(config.client_ca_file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, config.client_ca_file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return wrong_file(config.client_ca_file, "cannot be used as certificates of authorities (PEM)");
  }
  SSL_CTX_set_client_CA_list(context, names);
  return {};
}

// Of one certificate of the client's chain; its own comes last.
int Tls::verify_client(int verified, X509_STORE_CTX* chain) {
  const auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* const tls = static_cast<const Tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if (!verifies(tls->client_auth_)) return 1;
  if (verified != 1 || tls->allowed_sans_.empty() || X509_STORE_CTX_get_error_depth(chain) != 0) return verified;
  if (has_one_of(X509_STORE_CTX_get_current_cert(chain), tls->allowed_sans_)) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace lookout
