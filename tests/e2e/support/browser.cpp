#include "tests/e2e/support/browser.h"

#include <httplib.h>

#include <fstream>
#include <stdexcept>

namespace lookout::e2e {
namespace {

using Json = nlohmann::json;

constexpr auto kPatience = 60s;  // for one command, on a busy machine

// Root has no sandbox; no host but this one has an address.
constexpr const char* kArguments[] = {"--headless=new",
                                      "--no-sandbox",
                                      "--disable-gpu",
                                      "--disable-dev-shm-usage",
                                      "--hide-scrollbars",
                                      "--force-device-scale-factor=1",
                                      "--no-first-run",
                                      "--disable-background-networking",
                                      "--disable-component-update",
                                      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"};

std::string quoted(const std::string& text) {
  return Json(text).dump();
}

std::string decoded(const std::string& base64) {
  std::string bytes;
  unsigned int bits = 0;
  int count = 0;
  const std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (const char c : base64) {
    const std::size_t value = letters.find(c);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6U) | static_cast<unsigned int>(value);
    if ((count += 6) < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned int>(count)) & 0xffU);
  }
  return bytes;
}

}  // namespace

Browser::Browser(const TempDir& dir) : client_(std::make_unique<httplib::Client>("127.0.0.1", port_)) {
  const std::string driver = from_environment("LOOKOUT_CHROMEDRIVER", "");
  if (driver.empty()) throw std::runtime_error("LOOKOUT_CHROMEDRIVER is not set");
  client_->set_read_timeout(kPatience);
  client_->set_keep_alive(true);
  driver_.start({driver, "--port=" + std::to_string(port_)}, dir / "chromedriver.log", dir / "chromedriver.log");
  if (!eventually([this] { return client_->Get("/status") != nullptr; }, kPatience))
    throw std::runtime_error(driver + " does not start:\n" + read_file(dir / "chromedriver.log"));
  const Json options{{"args", kArguments}};
  const Json wanted{{"goog:chromeOptions", options}, {"goog:loggingPrefs", {{"browser", "ALL"}}}};
  session_ =
      "/session/" + call("/session", {{"capabilities", {{"alwaysMatch", wanted}}}}).at("sessionId").get<std::string>();
  look({});
}

Browser::~Browser() {
  if (!session_.empty()) client_->Delete(session_);
}

Json Browser::call(const std::string& path, const Json& body) const {
  const httplib::Result result = client_->Post(path, body.dump(), "application/json");
  const Json answer = Json::parse(result ? result->body : "", nullptr, false);
  if (!answer.is_object() || !answer.contains("value")) throw std::runtime_error("the browser does not answer");
  const Json& value = answer["value"];
  if (value.is_object() && value.contains("error"))
    throw std::runtime_error(value.value("message", "") + " at " + path);
  return value;
}

Json Browser::tool(const std::string& command, const Json& parameters) const {
  return call(session_ + "/goog/cdp/execute", {{"cmd", command}, {"params", parameters}});
}

void Browser::open(const std::string& url) {
  call(session_ + "/url", {{"url", url}});
}

void Browser::look(const Look& look) {
  tool("Emulation.setDeviceMetricsOverride",
       {{"width", look.width}, {"height", look.height}, {"deviceScaleFactor", 1}, {"mobile", false}});
  const Json scheme{{"name", "prefers-color-scheme"}, {"value", look.dark ? "dark" : "light"}};
  tool("Emulation.setEmulatedMedia", {{"features", Json::array({scheme})}});
}

Json Browser::script(const std::string& body) const {
  return call(session_ + "/execute/sync", {{"script", body}, {"args", Json::array()}});
}

Json Browser::asynchronous(const std::string& body) const {
  return call(session_ + "/execute/async", {{"script", body}, {"args", Json::array()}});
}

bool Browser::reaches(const std::string& expression, milliseconds limit) const {
  return eventually([&] { return script("return Boolean(" + expression + ")").get<bool>(); }, limit);
}

bool Browser::shows(const std::string& selector, const std::string& wanted, milliseconds limit) const {
  return reaches("document.querySelector(" + quoted(selector) + ")?.innerText.includes(" + quoted(wanted) + ")", limit);
}

std::string Browser::text(const std::string& selector) const {
  return script("return document.querySelector(" + quoted(selector) + ")?.innerText ?? ''").get<std::string>();
}

void Browser::click(const std::string& selector) const {
  (void)script("document.querySelector(" + quoted(selector) + ").click()");
}

std::vector<std::string> Browser::complaints() const {
  std::vector<std::string> found;
  for (const Json& entry : call(session_ + "/se/log", {{"type", "browser"}})) {
    if (entry.value("level", "") != "INFO" && entry.value("level", "") != "DEBUG")
      found.push_back(entry.value("message", ""));
  }
  return found;
}

void Browser::picture(const std::string& name, const std::string& id) const {
  const std::string directory = from_environment("LOOKOUT_SCREENSHOTS", "");
  if (directory.empty()) return;
  (void)script("document.getElementById(" + quoted(id) + ").scrollIntoView({behavior: 'instant'})");
  (void)asynchronous("setTimeout(arguments[0], 2500)");  // what came into view has been asked for
  const httplib::Result result = client_->Get(session_ + "/screenshot");
  if (!result) throw std::runtime_error("no screenshot");
  std::ofstream(std::filesystem::path(directory) / (name + ".png"), std::ios::binary)
      << decoded(Json::parse(result->body).at("value").get<std::string>());
}

Browser::Memory Browser::memory() const {
  tool("HeapProfiler.collectGarbage", Json::object());
  return {tool("Runtime.getHeapUsage", Json::object()).at("usedSize"),
          tool("Memory.getDOMCounters", Json::object()).at("nodes")};
}

}  // namespace lookout::e2e
