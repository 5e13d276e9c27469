#include "exporters/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "agent/text.h"

namespace lookout {
namespace {

std::string number(double value) {
  std::string text;
  append_number(text, value);
  return text;
}

std::string label(std::string_view value) {
  std::string text;
  append_label(text, "name", value);
  return text;
}

TEST(Writer, IntegersHaveNoExponentUpToTwoToThe53) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(100000000), "100000000");
  EXPECT_EQ(number(9007199254740992.0), "9007199254740992");
  EXPECT_EQ(number(-9007199254740992.0), "-9007199254740992");
  EXPECT_EQ(number(18446744073709551615.0), "18446744073709551616");
}

TEST(Writer, RealsAreTheShortestTextThatReadsBack) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number(0.0001), "0.0001");
  EXPECT_EQ(number(0.00012345678901234567), "0.00012345678901234567");
  EXPECT_EQ(number(1e-5), "1e-05");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(1700000000.123), "1700000000.123");
  for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456.789})
    EXPECT_EQ(std::strtod(number(value).c_str(), nullptr), value);
}

TEST(Writer, WhatIsNoNumberIsSpelledAsPrometheusDoes) {
  EXPECT_EQ(number(std::nan("")), "NaN");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(Writer, LabelValuesAreEscapedAndRepaired) {
  EXPECT_EQ(label("plain"), R"(name="plain")");
  EXPECT_EQ(label(R"(a"b\c)"), R"(name="a\"b\\c")");
  EXPECT_EQ(label("a\nb"),
            "name=\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(label("a\xff\x01z"), "name=\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"");
  EXPECT_EQ(label("Zürich"), "name=\"Zürich\"");
}

TEST(Writer, LabelValuesAreBounded) {
  EXPECT_LE(label(std::string(10000, 'x')).size(), kMaxText + std::string("name=\"\"").size());
}

TEST(Writer, LabelsAreSeparatedByCommas) {
  std::string text;
  append_label(text, "a", "1");
  append_label(text, "b", "");
  EXPECT_EQ(text, R"(a="1",b="")");
}

TEST(Writer, AFamilyIsOpenedOnceByItsFirstSample) {
  std::string page;
  Writer out(page);
  out.family("nats_empty", gauge, "Never seen.");
  out.family("nats_x_total", counter, "One \\ two\nthree \"four\".");
  out.sample({}, 1);
  out.sample("a=\"1\"", 2.5);
  out.sample("a=\"1\"", 3, "b=\"2\"");
  out.sample({}, 4, "le=\"+Inf\"", "_bucket");
  EXPECT_EQ(page,
            "# HELP nats_x_total One \\\\ two\\nthree \"four\".\n"
            "# TYPE nats_x_total counter\n"
            "nats_x_total 1\n"
            "nats_x_total{a=\"1\"} 2.5\n"
            "nats_x_total{a=\"1\",b=\"2\"} 3\n"
            "nats_x_total_bucket{le=\"+Inf\"} 4\n");
}

// The family line and one sample of a family, as OpenMetrics.
std::string openmetrics(std::string_view name, std::string_view type) {
  std::string page;
  Writer out(page, Format::openmetrics);
  out.family(name, type, "Help.");
  out.sample({}, 1);
  return page.substr(page.find("# TYPE"));
}

TEST(Writer, OpenMetricsNamesACounterWithoutTotal) {
  EXPECT_EQ(openmetrics("nats_x_total", "counter"), "# TYPE nats_x counter\nnats_x_total 1\n");
  std::string page;
  Writer out(page, Format::openmetrics);
  out.family("nats_empty_total", counter, "Never seen.");
  out.family("nats_x_total", counter, "One \\ two\nthree \"four\".");
  out.sample("a=\"1\"", 1);
  out.sample("a=\"2\"", 2.5);
  EXPECT_EQ(page,
            "# HELP nats_x One \\\\ two\\nthree \\\"four\\\".\n"
            "# TYPE nats_x counter\n"
            "nats_x_total{a=\"1\"} 1\n"
            "nats_x_total{a=\"2\"} 2.5\n");
}

TEST(Writer, OpenMetricsRenamesNoSample) {
  EXPECT_EQ(openmetrics("nats_in_msgs", "counter"), "# TYPE nats_in_msgs unknown\nnats_in_msgs 1\n");
  EXPECT_EQ(openmetrics("gnatsd_connz_total", "gauge"), "# TYPE gnatsd_connz_total gauge\ngnatsd_connz_total 1\n");
  EXPECT_EQ(openmetrics("nats_x_count", "gauge"), "# TYPE nats_x_count gauge\nnats_x_count 1\n");
  EXPECT_EQ(openmetrics("nats_x", "untyped"), "# TYPE nats_x unknown\nnats_x 1\n");
}

TEST(Writer, OpenMetricsNamesNoTwoFamiliesAlike) {
  std::string page;
  Writer out(page, Format::openmetrics);
  out.family("nats_x", gauge, "Now.");
  out.sample({}, 1);
  out.family("nats_x_total", counter, "Ever.");
  out.sample({}, 2);
  EXPECT_EQ(page,
            "# HELP nats_x Now.\n"
            "# TYPE nats_x gauge\n"
            "nats_x 1\n"
            "# HELP nats_x_total Ever.\n"
            "# TYPE nats_x_total unknown\n"
            "nats_x_total 2\n");
}

TEST(Writer, TheTextFormatKnowsNoUnknownType) {
  std::string page;
  Writer out(page);
  out.family("nats_x", "unknown", "Help.");
  out.sample({}, 1);
  EXPECT_EQ(page, "# HELP nats_x Help.\n# TYPE nats_x untyped\nnats_x 1\n");
}

// The le labels of a histogram with these bounds.
std::string bounds(Format format) {
  std::string page;
  Writer out(page, format);
  out.family("nats_x", "histogram", "Help.");
  for (const double bound : {-1.0, 0.0, 0.005, 1.0, 2.5, 100.0, 1e-5, 1e21, std::numeric_limits<double>::infinity()})
    out.bucket({}, bound, 1);
  std::string found;
  for (std::size_t at = 0; (at = page.find("le=\"", at)) != std::string::npos; ++at)
    found += page.substr(at + 4, page.find('"', at + 4) - at - 4) + ' ';
  return found;
}

TEST(Writer, BoundsAreSpelledAsEachFormatWantsThem) {
  EXPECT_EQ(bounds(Format::text), "-1 0 0.005 1 2.5 100 1e-05 1e+21 +Inf ");
  EXPECT_EQ(bounds(Format::openmetrics), "-1.0 0.0 0.005 1.0 2.5 100.0 1e-05 1e+21 +Inf ");
  std::string page;
  Writer out(page, Format::openmetrics);
  out.family("nats_x", "histogram", "Help.");
  out.bucket("a=\"1\"", 1, 7);
  EXPECT_TRUE(page.ends_with("nats_x_bucket{a=\"1\",le=\"1.0\"} 7\n")) << page;
}

}  // namespace
}  // namespace lookout
