#include "exporters/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "exporters/accept.h"

namespace lookout {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// What Prometheus 2.42 and 3.5 send.
constexpr const char* kPrometheus2 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr const char* kPrometheus3 =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

TEST(Accept, OpenMetricsWinsWhereItIsNamedAndWeighsNoLess) {
  for (const char* accept :
       {kPrometheus2, kPrometheus3, "application/openmetrics-text", "Application/OpenMetrics-Text ; Version=\"1.0.0\"",
        "text/plain;q=0.5,application/openmetrics-text;version=0.0.1;q=0.5", "*/*,application/openmetrics-text;q=1.0",
        "application/openmetrics-text;q=0.4,text/plain;q=0.3,*/*", "application/openmetrics-text;q=broken"})
    EXPECT_EQ(accepted_format(accept), Format::openmetrics) << accept;
}

TEST(Accept, TextIsTheRest) {
  for (const char* accept :
       {"", ",", ";", "*/*", "text/plain", "text/html,application/xhtml+xml,*/*;q=0.8", "application/*",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;q=0.5,text/plain;q=0.6", "application/openmetrics-text;q=0.5,text/*",
        "application/openmetrics-text;q=0.5,*/*;q=0.6", "application/openmetrics-text;version=9,text/plain;q=0.1",
        "application/openmetrics-textual", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"})
    EXPECT_EQ(accepted_format(accept), Format::text) << accept;
}

// Whether the pages of an older Snapshot are made again tells whether newer ones are kept.
class KeptPages : public testing::Test {
 protected:
  using Kind = MetricsPage::Kind;
  using Schema = MetricsPage::Schema;

  std::string page(const Kind& kind, std::uint64_t version, std::chrono::seconds at = 0s) {
    Snapshot snapshot;
    snapshot.version = version;
    snapshot.link.connected = version > 1;
    const MetricsPage::Page page = pages.page(kind, snapshot, instruments, {Mono(at), Wall(1700000000s)});
    std::string text;
    Inflater inflater(page.fleet);
    for (auto piece = inflater.next(); !piece.empty(); piece = inflater.next()) text += piece;
    return text + page.end;
  }
  [[nodiscard]] bool keeps(std::chrono::seconds at = 0s) {
    return page({}, 1, at).find("\nnats_lookout_connected 1\n") != std::string::npos;
  }
  static Kind exporter(int number) { return {Schema::exporter, Format::text, "p" + std::to_string(number)}; }

  Instruments instruments;
  MetricsPage pages;
};

TEST_F(KeptPages, EachFormatHasItsOwn) {
  EXPECT_THAT(page({}, 2), HasSubstr("\nnats_lookout_connected 1\n"));
  EXPECT_TRUE(keeps());
  EXPECT_THAT(page({Schema::native, Format::openmetrics, {}}, 1), HasSubstr("\nnats_lookout_connected 0\n"));
  EXPECT_TRUE(keeps());
}

TEST_F(KeptPages, TheOneUsedLastStaysTheLongest) {
  (void)page({}, 2);
  for (int i = 0; i < 7; ++i) (void)page(exporter(i), 2);
  EXPECT_TRUE(keeps());
  for (int i = 0; i < 8; ++i) (void)page(exporter(i), 2);
  EXPECT_FALSE(keeps());
}

TEST_F(KeptPages, OneThatNobodyAsksForIsLetGo) {
  (void)page({}, 2, 0s);
  (void)page(exporter(0), 2, 300s);
  EXPECT_TRUE(keeps(300s));
  (void)page(exporter(0), 2, 601s);
  EXPECT_FALSE(keeps(601s));
}

}  // namespace
}  // namespace lookout
