// NKeys: the ed25519 keys of NATS in their text form (base32 of prefix, key and CRC-16). Pure functions; libnats wants
// the public key beside the seed but offers no way to derive it.
#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace lookout {

// "SU..." -> "U...". The error never repeats any part of the seed.
[[nodiscard]] Result<std::string> nkey_public_key(std::string_view seed);

// The first line of `text` that starts with `prefix`, without trailing blanks; empty when there is none. A user seed in
// the text of an nkey or .creds file starts with "SU", the JWT with "eyJ".
[[nodiscard]] std::string_view line_starting_with(std::string_view prefix, std::string_view text);

}  // namespace lookout
