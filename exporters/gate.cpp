#include "exporters/gate.h"

#include "exporters/routes.h"

namespace lookout {
namespace {

using Answer = httplib::Server::HandlerResponse;

Answer refuse(httplib::Response& response, int status, const char* header, const char* value) {
  response.status = status;
  response.set_header(header, value);
  return Answer::Handled;
}

Answer examine(const Protection& protection, const httplib::Request& request, httplib::Response& response) {
  if (protection.auth != nullptr && !is_probe(request.path)) {
    switch (protection.auth->judge(request.get_header_value("Authorization"))) {
      case BasicAuth::Verdict::right:
        break;
      case BasicAuth::Verdict::wrong:
        return refuse(response, 401, "WWW-Authenticate", R"(Basic realm="nats-lookout", charset="UTF-8")");
      case BasicAuth::Verdict::busy:
        return refuse(response, 503, "Retry-After", "1");
    }
  }
  if (request.method == "GET" || request.method == "HEAD") return Answer::Unhandled;
  response.status = 404;  // or 405, before a body is read that nobody wants
  return Answer::Handled;
}

}  // namespace

// Parts of an answer are of no use; httplib would cut them out of the compressed body, as often as asked, and asks for
// what lies beyond the end.
void ignore_ranges(const httplib::Request& request) {
  const_cast<httplib::Request&>(request).ranges.clear();
}

void set_gate(httplib::Server& server, const WebSecurity& security) {
  server.set_pre_routing_handler([&security](const httplib::Request& request, httplib::Response& response) {
    ignore_ranges(request);
    return examine(*security.current(), request, response);
  });
  server.set_post_routing_handler([&security](const httplib::Request&, httplib::Response& response) {
    const auto current = security.current();
    for (const auto& [name, value] : current->config.headers) {
      response.headers.erase(name);
      response.set_header(name, value);
    }
  });
}

}  // namespace lookout
