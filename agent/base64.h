// Base64 without padding, as JWTs have it and headers of HTTP after their "=" are gone. A pure function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lookout {

inline constexpr std::string_view kBase64 = "+/";     // the last two of the 64 digits
inline constexpr std::string_view kBase64Url = "-_";  // the same for URLs and JWTs

// None where there is any other character.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text, std::string_view last_two);

}  // namespace lookout
