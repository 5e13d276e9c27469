#include "agent/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>

#include "agent/text.h"

namespace lookout::log {
namespace {

std::atomic<LogFormat> active_format{LogFormat::logfmt};

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("lookout", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;
  }();
  return *instance;
}

// clean() leaves no control characters, so that quotes and backslashes are all that JSON and logfmt need escaped.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : clean(text, 1024)) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

void write(spdlog::level::level_enum level, const char* name, std::string_view text, Fields fields) {
  if (!logger().should_log(level)) return;
  const std::string now = format_time(std::chrono::system_clock::now());
  logger().log(level, format_line(active_format, now, name, text, fields));
}

}  // namespace

void configure(const std::string& level, LogFormat format) {
  active_format = format;
  logger().set_level(spdlog::level::from_str(level == "error" ? "err" : level));
  logger().flush_on(spdlog::level::debug);
}

std::string format_line(LogFormat format, std::string_view time, std::string_view level, std::string_view text,
                        Fields fields) {
  const bool json = format == LogFormat::json;
  const auto pair = [&](std::string_view key, std::string_view value) {
    return json ? quoted(key) + ":" + quoted(value) : std::string(key) + "=" + quoted(value);
  };
  const char* const separator = json ? "," : " ";
  std::string line = json ? "{" : "";
  line += pair("time", time) + separator + pair("level", level) + separator + pair("msg", text);
  for (const auto& [key, value] : fields) line += separator + pair(key, value);
  return json ? line + "}" : line;
}

void debug(std::string_view text, Fields fields) {
  write(spdlog::level::debug, "debug", text, fields);
}
void info(std::string_view text, Fields fields) {
  write(spdlog::level::info, "info", text, fields);
}
void warn(std::string_view text, Fields fields) {
  write(spdlog::level::warn, "warn", text, fields);
}
void error(std::string_view text, Fields fields) {
  write(spdlog::level::err, "error", text, fields);
}

}  // namespace lookout::log
