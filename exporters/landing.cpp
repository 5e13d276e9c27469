#include "exporters/landing.h"

#include <openssl/evp.h>

#include <array>
#include <string_view>

#include "agent/text.h"
#include "exporters/health.h"
#include "exporters/prometheus.h"

namespace lookout {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}"
    ".state{display:inline-block;padding:.1em .6em;border-radius:.3em;color:#fff;background:#666}"
    ".ok{background:#277a3c}.warning{background:#9a6700}.critical{background:#b3261e}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{color:#8ab4f8}}";

struct Link {
  const char* path;
  const char* what;
};
constexpr Link kLinks[] = {
    {"/metrics", "metrics for Prometheus"},
    {"/metrics/surveyor", "the same by the names that nats-surveyor gives them"},
    {"/metrics/exporter", "the same by the names of prometheus-nats-exporter; ?prefix=nats and the like as there"},
    {"/health",
     "health of the watched NATS as JSON; ?cluster=, ?server=, ?account=, ?check= select, ?strict=1 answers 503 when "
     "critical"},
    {"/api/v1/auth", "failed logins as JSON: patterns, who fails most, the last hundred"},
    {"/livez", "whether this process makes progress"},
    {"/readyz", "whether this process serves its endpoints"},
};

std::string escape(std::string_view untrusted) {
  std::string out;
  for (const char c : clean(untrusted)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string badge(Health health) {
  const std::string name = kHealthNames[static_cast<std::size_t>(health)];
  return "<span class=\"state " + name + "\">" + name + "</span>";
}

std::string connection(const LinkView& link) {
  if (!link.connected) return "not connected" + (link.sentence.empty() ? "" : ": " + escape(link.sentence));
  std::string text = "connected to " + escape(link.url);
  if (!link.server_name.empty()) text += " (" + escape(link.server_name) + ')';
  if (!link.sentence.empty()) text += ": " + escape(link.sentence);
  return text;
}

std::string servers_by_state(const Snapshot& snapshot) {
  std::string text;
  for (std::size_t i = 0; i < kLifecycleNames.size(); ++i) {
    if (snapshot.servers_by_state[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::to_string(snapshot.servers_by_state[i]) + ' ' + kLifecycleNames[i];
  }
  return text.empty() ? "none known yet" : text;
}

std::string findings(const Snapshot& snapshot) {
  if (snapshot.findings.empty()) return {};
  std::string rows = "<h2>Findings</h2>\n<table><tr><th>State<th>About<th>What<th>Since</tr>\n";
  for (const Finding& finding : snapshot.findings) {
    rows += "<tr><td>" + badge(finding.state) + "<td>" + escape(finding.entity) + "<td>" + escape(finding.sentence) +
            "<td>" + format_time(finding.since) + "</tr>\n";
  }
  return rows + "</table>\n";
}

}  // namespace

std::string render_landing(const Snapshot& snapshot) {
  std::string page = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>nats-lookout</title>\n";
  page += "<meta name=\"viewport\" content=\"width=device-width\">\n<style>" + std::string(kStyle) +
          "</style></head>\n<body>";
  page += "<h1>nats-lookout</h1>\n<p>Watches NATS through its system account. Version " + escape(lookout_version()) +
          " (" + escape(lookout_revision()) + ").</p>\n";
  page += "<table>\n<tr><th>Health<td>" + badge(health_of(snapshot)) + ' ' + escape(headline(snapshot)) + "</tr>\n";
  page += "<tr><th>Agent<td>" + connection(snapshot.link) + "</tr>\n";
  page += "<tr><th>Servers<td>" + servers_by_state(snapshot) + "</tr>\n</table>\n";
  page += findings(snapshot) + "<h2>Endpoints</h2>\n<ul>\n";
  for (const Link& link : kLinks) {
    page += "<li><a href=\"" + std::string(link.path) + "\">" + link.path + "</a>: " + link.what + "</li>\n";
  }
  return page + "</ul>\n</body></html>\n";
}

std::string landing_policy() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  EVP_Digest(kStyle.data(), kStyle.size(), hash.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, std::size_t{2} * EVP_MAX_MD_SIZE> base64{};
  const int length = EVP_EncodeBlock(base64.data(), hash.data(), static_cast<int>(size));
  return "default-src 'none'; style-src 'sha256-" + std::string(base64.begin(), base64.begin() + length) +
         "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace lookout
