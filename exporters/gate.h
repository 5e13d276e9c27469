// Gate: lets into the endpoints whom the web configuration lets in, and puts its headers on every answer.
#pragma once

#include <httplib.h>

#include "exporters/web_security.h"

namespace lookout {

// The whole is answered, whatever part was asked for. Before every answer.
void ignore_ranges(const httplib::Request& request);

// `security` must outlive the server.
void set_gate(httplib::Server& server, const WebSecurity& security);

}  // namespace lookout
