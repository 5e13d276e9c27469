#include "config/web_config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <string_view>

#include "config/options.h"
#include "config/values.h"

namespace lookout {
namespace {

using cfg::Givens;
using cfg::must_be;
using cfg::Shape;
using cfg::Texts;

struct Named {
  const char* name;
  const char* openssl;
};

// Those that Go calls secure, by its names.
constexpr Named kCipherSuites[] = {
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    // TLS 1.3 always has these, in Go too: naming them changes nothing.
    {"TLS_AES_128_GCM_SHA256", ""},
    {"TLS_AES_256_GCM_SHA384", ""},
    {"TLS_CHACHA20_POLY1305_SHA256", ""},
};
constexpr Named kCurves[] = {
    {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}};
// In the order of the enumerations.
const Texts kClientAuths{"NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven",
                         "RequireAndVerifyClientCert"};
const Texts kVersions{"TLS12", "TLS13"};
const Texts kHeaders{"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "X-XSS-Protection",
                     "Strict-Transport-Security"};
constexpr const char* kVerifying = "VerifyClientCertIfGiven or RequireAndVerifyClientCert";

constexpr const char* kTls = "tls_server_config.";
constexpr unsigned kLeastCost = 4;
constexpr unsigned kMostCost = 14;  // one password takes about a second then

// Each returns the end of a sentence that says what is wrong; empty: nothing.
using Set = std::string (*)(WebConfig&, const Texts&);

template <auto member>
std::string set_file(WebConfig& web, const Texts& texts) {
  if (texts.front().empty()) return "must name a file";
  (*web.tls).*member = texts.front();
  return {};
}

template <auto member, const Texts& names>
std::string set_choice(WebConfig& web, const Texts& texts) {
  const auto found = std::find(names.begin(), names.end(), texts.front());
  if (found == names.end()) return must_be(cfg::alternatives(names), texts.front()).what;
  using Value = std::remove_reference_t<decltype((*web.tls).*member)>;
  (*web.tls).*member = static_cast<Value>(found - names.begin());
  return {};
}

template <auto member, auto& names>
std::string set_named(WebConfig& web, const Texts& texts) {
  for (const std::string& text : texts) {
    const auto found =
        std::find_if(std::begin(names), std::end(names), [&text](const Named& named) { return text == named.name; });
    Texts known;
    for (const Named& named : names) known.emplace_back(named.name);
    if (found == std::end(names)) return must_be("some of " + cfg::join(known, ", "), text).what;
    if (*found->openssl != '\0') ((*web.tls).*member).emplace_back(found->openssl);
  }
  return {};
}

std::string set_sans(WebConfig& web, const Texts& texts) {
  web.tls->client_allowed_sans = texts;
  return texts.empty() ? "must list at least one name" : "";
}

std::string set_preference(WebConfig& web, const Texts& texts) {
  const auto flag = cfg::read_flag(texts.front());
  if (!flag) return flag.error();
  web.tls->prefer_server_ciphers = *flag;
  return {};
}

// Whether or not: HTTP/1.1 is spoken.
std::string check_http2(WebConfig& /*web*/, const Texts& texts) {
  const auto flag = cfg::read_flag(texts.front());
  return flag ? "" : flag.error();
}

std::string set_headers(WebConfig& web, const Texts& texts) {
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    if (std::find(kHeaders.begin(), kHeaders.end(), texts[i]) == kHeaders.end())
      return must_be("some of " + cfg::join(kHeaders, ", "), texts[i]).what;
    const auto value = cfg::read_text(texts[i + 1]);
    if (!value) return cfg::quote(texts[i]) + " " + value.error();
    if (!value->empty()) web.headers[texts[i]] = *value;
  }
  return {};
}

bool is_bcrypt(std::string_view hash) {
  constexpr std::size_t kSize = 60;
  const auto letter = [](char c) {
    return cfg::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
  };
  if (hash.size() != kSize || (!hash.starts_with("$2a$") && !hash.starts_with("$2b$") && !hash.starts_with("$2y$")))
    return false;
  const auto cost = cfg::number<unsigned>(hash.substr(4, 2));
  const std::string_view rest = hash.substr(7);
  return cost && *cost >= kLeastCost && *cost <= kMostCost && hash[6] == '$' &&
         std::all_of(rest.begin(), rest.end(), letter);
}

std::string set_users(WebConfig& web, const Texts& texts) {
  // Nobody, where a password was meant to be asked for, would let everybody in.
  if (texts.empty()) return "must name at least one user";
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    if (texts[i].empty() || texts[i].find(':') != std::string::npos || !cfg::read_text(texts[i]))
      return "must have names without colons and control characters, not " + cfg::quote(texts[i]);
    if (!is_bcrypt(texts[i + 1]))
      return "must give " + cfg::quote(texts[i]) + " a bcrypt hash of cost 4 to 14, such as htpasswd -nB prints";
    web.users[texts[i]] = texts[i + 1];
  }
  return {};
}

std::string no_inline(WebConfig& /*web*/, const Texts& /*texts*/) {
  return "is not supported: put it into a file and name that";
}

std::string no_limit(WebConfig& /*web*/, const Texts& /*texts*/) {
  return "is not supported: connections, requests and checks of passwords have bounds of their own";
}

struct Entry {
  const char* path;
  Shape shape;
  Set set;
};
constexpr Entry kEntries[] = {
    {"tls_server_config.cert_file", Shape::value, set_file<&WebTls::cert_file>},
    {"tls_server_config.key_file", Shape::value, set_file<&WebTls::key_file>},
    {"tls_server_config.client_auth_type", Shape::value, set_choice<&WebTls::client_auth, kClientAuths>},
    {"tls_server_config.client_ca_file", Shape::value, set_file<&WebTls::client_ca_file>},
    {"tls_server_config.client_allowed_sans", Shape::list, set_sans},
    {"tls_server_config.min_version", Shape::value, set_choice<&WebTls::min_version, kVersions>},
    {"tls_server_config.max_version", Shape::value, set_choice<&WebTls::max_version, kVersions>},
    {"tls_server_config.cipher_suites", Shape::list, set_named<&WebTls::cipher_suites, kCipherSuites>},
    {"tls_server_config.curve_preferences", Shape::list, set_named<&WebTls::curves, kCurves>},
    {"tls_server_config.prefer_server_cipher_suites", Shape::value, set_preference},
    {"tls_server_config.cert", Shape::value, no_inline},
    {"tls_server_config.key", Shape::value, no_inline},
    {"tls_server_config.client_ca", Shape::value, no_inline},
    {"http_server_config.http2", Shape::value, check_http2},
    {"http_server_config.headers", Shape::map, set_headers},
    {"basic_auth_users", Shape::map, set_users},
    {"rate_limit", Shape::map, no_limit},
};

// What the values must be to each other; the end of a sentence, empty: nothing is wrong.
std::string wrong_together(const WebTls& tls) {
  if (tls.cert_file.empty() || tls.key_file.empty()) return "tls_server_config needs both cert_file and key_file";
  if (tls.min_version > tls.max_version) return "min_version must not be above max_version";
  if (verifies(tls.client_auth) && tls.client_ca_file.empty())
    return "client_auth_type " + kClientAuths[static_cast<std::size_t>(tls.client_auth)] + " needs client_ca_file";
  if (verifies(tls.client_auth)) return {};
  for (const auto& [given, name] : {std::pair{!tls.client_ca_file.empty(), "client_ca_file"},
                                    {!tls.client_allowed_sans.empty(), "client_allowed_sans"}}) {
    // Else it would look like protection, and be none.
    if (given) return std::string(name) + " needs client_auth_type " + kVerifying;
  }
  return {};
}

void make_relative_to(const std::filesystem::path& folder, WebTls& tls) {
  for (std::string* file : {&tls.cert_file, &tls.key_file, &tls.client_ca_file}) {
    if (!file->empty()) *file = (folder / *file).string();
  }
}

}  // namespace

Result<WebConfig> read_web_config(const std::string& path) {
  cfg::Keys keys;
  for (const Entry& entry : kEntries) keys.push_back({entry.path, entry.shape});
  const Result<Givens> givens = cfg::read_yaml(path, keys);
  if (!givens) return Error{givens.error()};
  WebConfig web;
  for (const Entry& entry : kEntries) {
    const auto given = givens->find(entry.path);
    if (given == givens->end()) continue;
    if (std::string_view(entry.path).starts_with(kTls) && !web.tls) web.tls.emplace();
    if (auto wrong = entry.set(web, given->second.texts); !wrong.empty())
      return Error{given->second.origin + " " + wrong};
  }
  if (web.tls) {
    if (auto wrong = wrong_together(*web.tls); !wrong.empty()) return Error{path + ": " + wrong};
    make_relative_to(std::filesystem::path(path).parent_path(), *web.tls);
  }
  return web;
}

}  // namespace lookout
