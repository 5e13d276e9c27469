// The body of a response, sent piece by piece. HTTP threads.
#pragma once

#include <memory>
#include <string>

#include "exporters/gzip.h"

namespace httplib {
struct Response;
}  // namespace httplib

namespace lookout {

// `front`, if any, is unpacked as it is sent, and `body` comes behind it: a large page never stands in memory as text.
// Who takes too long for it loses the connection.
void send_body(httplib::Response& response, std::string body, const char* type,
               std::shared_ptr<const Deflated> front = nullptr);

}  // namespace lookout
