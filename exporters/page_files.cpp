#include "exporters/page_files.h"

#include <httplib.h>

#include <string>

#include "exporters/http_body.h"

namespace lookout {

void answer_file(const PageFile& file, const httplib::Request& request, httplib::Response& response) {
  response.headers.erase("Cache-Control");  // the server's default is to keep nothing
  response.set_header("Cache-Control", "no-cache");
  response.set_header("ETag", file.etag);
  const std::string known = request.get_header_value("If-None-Match");
  if (known.find(file.etag) != std::string::npos) {
    response.status = 304;
    return;
  }
  send_body(response, std::string(file.body), file.type);
}

}  // namespace lookout
