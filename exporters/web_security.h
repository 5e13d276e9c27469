// WebSecurity: the protection of the endpoints that is in force, after --web.config.file. A thread of its own looks at
// that file and those it names once a second; what is wrong is said, counted, and changes nothing. Any thread.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "agent/instruments.h"
#include "config/result.h"
#include "config/web_config.h"
#include "exporters/basic_auth.h"
#include "exporters/tls.h"

namespace lookout {

// Immutable but for the memory of BasicAuth; connections keep the one they began with.
struct Protection {
  WebConfig config;
  std::shared_ptr<const Tls> tls;   // null: plain HTTP
  std::shared_ptr<BasicAuth> auth;  // null: no password is asked for
};

class WebSecurity {
 public:
  // An empty path: no protection, ever.
  static Result<std::unique_ptr<WebSecurity>> open(const std::string& path, Instruments& instruments);
  ~WebSecurity();
  WebSecurity(const WebSecurity&) = delete;
  WebSecurity& operator=(const WebSecurity&) = delete;

  [[nodiscard]] std::shared_ptr<const Protection> current() const;

  // Reads everything again, at once; false: the old stays.
  bool reload();

 private:
  // Files, to what tells that one is another than before.
  using Marks = std::map<std::string, std::string>;

  WebSecurity(std::string path, Instruments& instruments);
  // `marks` gets every file that was read, as it was before.
  [[nodiscard]] Result<std::shared_ptr<const Protection>> load(Marks& marks) const;
  [[nodiscard]] Marks look() const;  // at what was loaded
  void watch(const std::stop_token& stop);

  const std::string path_;
  Instruments& instruments_;
  std::mutex reloading_;
  mutable std::mutex guard_;  // of what follows
  std::shared_ptr<const Protection> current_;
  Marks loaded_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace lookout
