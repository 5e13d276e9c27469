// Browser: headless Chromium driven by WebDriver ($LOOKOUT_CHROMEDRIVER), with nothing in reach but this machine. One
// thread.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/support/process.h"

namespace httplib {
class Client;
}  // namespace httplib

namespace lookout::e2e {

class Browser {
 public:
  struct Look {
    int width = 1280;
    int height = 800;
    bool dark = false;
  };

  // Throws when there is no browser, as no test can go on without.
  explicit Browser(const TempDir& dir);
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  // Waits until the page is loaded.
  void open(const std::string& url);
  void look(const Look& look);

  // What the body of a function returns; in the asynchronous form, what it gives to arguments[0].
  [[nodiscard]] nlohmann::json script(const std::string& body) const;
  [[nodiscard]] nlohmann::json asynchronous(const std::string& body) const;

  // Waits until the expression is true.
  [[nodiscard]] bool reaches(const std::string& expression, milliseconds limit = 20s) const;
  // Waits until the element's text, as it is shown, contains this.
  [[nodiscard]] bool shows(const std::string& selector, const std::string& text, milliseconds limit = 20s) const;
  // The shown text of the first element; empty where there is none.
  [[nodiscard]] std::string text(const std::string& selector) const;
  void click(const std::string& selector) const;

  // What went wrong in the page since the last call: errors and warnings of the console, broken policies.
  [[nodiscard]] std::vector<std::string> complaints() const;

  // What is to be seen at that element, for docs/page.md and for whoever wants to look: as <name>.png in the directory
  // that LOOKOUT_SCREENSHOTS names, if it does.
  void picture(const std::string& name, const std::string& id) const;

  // After a collection of garbage.
  struct Memory {
    double heap = 0;  // bytes
    double nodes = 0;
  };
  [[nodiscard]] Memory memory() const;

 private:
  nlohmann::json call(const std::string& path, const nlohmann::json& body) const;
  nlohmann::json tool(const std::string& command,
                      const nlohmann::json& parameters) const;  // of Chromium's own protocol

  int port_ = free_port();
  Process driver_;
  std::unique_ptr<httplib::Client> client_;
  std::string session_;
};

}  // namespace lookout::e2e
