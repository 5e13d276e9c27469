// Gate: lets into the endpoints whom the web configuration lets in, and puts its headers on every answer.
#pragma once

#include <httplib.h>

#include "exporters/web_security.h"

namespace lookout {

// `security` must outlive the server.
void set_gate(httplib::Server& server, const WebSecurity& security);

}  // namespace lookout
