#include "exporters/page_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "exporters/feed.h"
#include "exporters/http.h"

namespace lookout {
namespace {

using testing::HasSubstr;
using testing::Not;

std::set<std::string> found_in(std::string_view text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::cregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.insert((*match)[1]);
  return found;
}

const PageFile& file(const std::string& path) {
  const auto files = page_files();
  const auto found = std::find_if(files.begin(), files.end(), [&](const PageFile& each) { return path == each.path; });
  return found == files.end() ? throw std::runtime_error("no " + path) : *found;
}

std::set<std::string> modules() {
  std::set<std::string> names;
  for (const PageFile& each : page_files()) {
    const std::string path = each.path;
    if (path.ends_with(".js")) names.insert(path.substr(path.rfind('/') + 1));
  }
  return names;
}

TEST(PageFiles, WhatThePageNamesIsThere) {
  const std::string_view index = file("/").body;
  for (const std::string& path : found_in(index, "\"(page/[^\"]*)\"")) EXPECT_NO_THROW(file('/' + path));
  for (const std::string& module : modules()) {
    for (const std::string& other : found_in(file("/page/" + module).body, "from \"\\./([^\"]*)\""))
      EXPECT_THAT(modules(), testing::Contains(other)) << module;
  }
}

TEST(PageFiles, EveryModuleIsFetchedAtOnce) {
  EXPECT_EQ(found_in(file("/").body, "(?:modulepreload\" href|module\" src)=\"page/([^\"]*)\""), modules());
}

// The policy would stop most of it; this says which line it is.
TEST(PageFiles, NothingIsInlineAbsoluteOrMarkup) {
  for (const PageFile& each : page_files()) {
    for (const char* never : {"<style", " style=\"", " onclick=", "innerHTML", "outerHTML", "insertAdjacentHTML",
                              "document.write", "eval(", "new Function", "=\"/", "(\"/", "https:", "@import", "url("})
      EXPECT_THAT(std::string(each.body), Not(HasSubstr(never))) << each.path;
  }
  EXPECT_THAT(std::string(file("/").body), Not(HasSubstr("<script>")));
}

class ServedPage : public testing::Test {
 protected:
  // A client of a server with or without the page.
  httplib::Client start(bool page) {
    Config config;
    config.listen_address = "127.0.0.1:0";
    config.web_page = page;
    auto made =
        HttpServer::start(config, std::move(WebSecurity::open("", instruments_).value()), cell_, feed_, instruments_);
    if (!made) throw std::runtime_error(made.error());
    server_ = std::move(made.value());
    return httplib::Client("127.0.0.1", server_->port());
  }

 private:
  Cell cell_;
  Feed feed_{read_clock(), false};
  Instruments instruments_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ServedPage, IsNotSentAgainToABrowserThatHasIt) {
  httplib::Client client = start(true);
  for (const PageFile& each : page_files()) {
    const auto first = client.Get(each.path, httplib::Headers{{"Accept-Encoding", "identity"}});
    ASSERT_TRUE(first) << each.path;
    EXPECT_EQ(first->status, 200);
    EXPECT_EQ(first->body, each.body);
    EXPECT_EQ(first->get_header_value("Content-Type"), each.type);
    EXPECT_EQ(first->get_header_value_count("Cache-Control"), 1U);
    EXPECT_EQ(first->get_header_value("Cache-Control"), "no-cache");
    const auto again = client.Get(each.path, httplib::Headers{{"If-None-Match", each.etag}});
    ASSERT_TRUE(again) << each.path;
    EXPECT_EQ(again->status, 304);
    EXPECT_EQ(again->body, "");
  }
}

TEST_F(ServedPage, IsNotThereWhenItIsOff) {
  httplib::Client client = start(false);
  for (const PageFile& each : page_files()) EXPECT_EQ(client.Get(each.path)->status, 404) << each.path;
  EXPECT_EQ(client.Get("/health")->status, 200);
}

}  // namespace
}  // namespace lookout
