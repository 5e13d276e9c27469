// Writer: the text exposition format 0.0.4 or OpenMetrics 1.0, appended to one string. Label texts are made once with
// append_label() and reused for every series that carries them, so that a series costs copying and one number. Whatever
// comes from the network is escaped and repaired here: one bad byte would take the whole page down. Any thread; one
// Writer per page, or per part of a page.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "agent/metric.h"

namespace lookout {

enum class Format : std::uint8_t { text, openmetrics };

// The last line of a page; what has none is cut off and refused.
inline constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

// Takes a long page piece by piece, so that it never stands in memory as a whole; what it took is gone from the text.
using Drain = std::function<void(std::string_view piece)>;

class Writer {
 public:
  explicit Writer(std::string& out, Format format = Format::text, Drain drain = {})
      : out_(out), format_(format), drain_(std::move(drain)) {}

  // Opens a family, once. HELP and TYPE are written with its first sample: a family without one leaves no trace. The
  // texts are kept as views until the next family. `type` is the text format's ("untyped"). A sample has one name in
  // both formats: OpenMetrics takes "_total" from the name of a counter's family, so a counter without it, and one that
  // would take the name of a family before it, are of unknown type there.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void family(std::string_view name, Type type, std::string_view help);

  // `labels` and `more` are label texts, or empty; `suffix` is appended to the family's name ("_bucket").
  void sample(std::string_view labels, double value, std::string_view more = {}, std::string_view suffix = {});

  // One bucket of a histogram, of the values up to `bound`.
  void bucket(std::string_view labels, double bound, double count);

  // Makes room for that many bytes more; saves copying a growing page.
  void expect(std::size_t bytes) {
    if (!drain_) out_.reserve(out_.size() + bytes);
  }

 private:
  void header();
  void openmetrics_header();

  static constexpr std::size_t kPiece = 64U << 10U;  // stays in the processor's cache

  std::string& out_;
  const Format format_;
  const Drain drain_;
  std::unordered_set<std::string> families_;  // of OpenMetrics, as they are named there
  std::string_view name_;
  std::string_view type_;
  std::string_view help_;
  bool header_due_ = false;
};

// Appends name="value" to a label text. The value becomes valid UTF-8 without control characters of at most kMaxText
// bytes.
void append_label(std::string& labels, std::string_view name, std::string_view value);

// The shortest text that reads back as the same number; integers up to 2^53 without exponent; NaN, +Inf, -Inf.
void append_number(std::string& out, double value);

}  // namespace lookout
