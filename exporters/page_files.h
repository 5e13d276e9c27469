// The files of the status page (web/), which are in the binary, and how they are served. web/embed.cmake writes the
// table. HTTP threads.
#pragma once

#include <span>
#include <string_view>

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace lookout {

struct PageFile {
  const char* path;
  const char* type;
  const char* etag;
  std::string_view body;
};

[[nodiscard]] std::span<const PageFile> page_files();

// With 304 and no body where the browser has this very file.
void answer_file(const PageFile& file, const httplib::Request& request, httplib::Response& response);

// The Content-Security-Policy of everything that is served: the page's own files, and nothing from elsewhere or inline.
inline constexpr const char* kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

}  // namespace lookout
