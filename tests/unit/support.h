// Shared by the unit tests: messages with the padding the parsers want, recorded replies, a clock that only moves when
// told.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "agent/inbox.h"
#include "agent/transport.h"

namespace lookout::test {

// Owns what a Message views.
struct Held {
  Held(std::string subject_text, std::string payload_text)
      : subject(std::move(subject_text)), bytes(std::move(payload_text)), size(bytes.size()) {
    bytes.resize(size + Batch::kPadding);
  }
  [[nodiscard]] Message message(Mono received = {}) const {
    return {traffic_of(subject), false, received, subject, std::string_view(bytes).substr(0, size)};
  }

  std::string subject;
  std::string bytes;
  std::size_t size;
};

struct Recorded {
  std::string name;
  std::string subject;  // empty for replies
  std::string payload;
};

// tests/fixtures/<version>.<what>.ndjson
inline std::vector<Recorded> recorded(const std::string& version, const std::string& what) {
  std::vector<Recorded> out;
  std::ifstream file(TEST_DATA "/fixtures/" + version + "." + what + ".ndjson");
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    out.push_back({json.at("name"), json.value("subject", ""), json.at("payload")});
  }
  return out;
}

inline const std::vector<std::string> kVersions{"2.9.10", "2.10.27", "2.12.7", "2.15.2"};

// A directory for one test, gone with it.
class TempDir {
 public:
  TempDir() {
    std::string name = testing::TempDir() + "lookout-unit-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

 private:
  std::string path_;
};

// 2026-01-01T00:00:00Z plus what was added.
class Clock {
 public:
  Now now() const { return {Mono(std::chrono::hours(1)) + passed_, Wall(std::chrono::seconds(1767225600)) + passed_}; }
  Now after(std::chrono::milliseconds time) {
    passed_ += time;
    return now();
  }

 private:
  std::chrono::nanoseconds passed_{0};
};

// Remembers what was asked.
class FakeTransport final : public Transport {
 public:
  struct Sent {
    std::string subject;
    std::string token;
    std::string body;
    bool gzip = false;
  };

  bool request(std::string_view subject, std::string_view token, std::string_view body, bool gzip) override {
    sent.push_back({std::string(subject), std::string(token), std::string(body), gzip});
    return true;
  }
  std::vector<Sent> sent;
};

}  // namespace lookout::test
