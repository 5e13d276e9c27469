#include "exporters/http_body.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace lookout {
namespace {

constexpr std::chrono::seconds kLimit{30};  // for a whole response
constexpr std::size_t kPiece = 65536;       // between two looks at the clock

// A text that is told piece by piece, the pieces of `front` first.
class Told {
 public:
  Told(std::string body, std::shared_ptr<const Deflated> front)
      : body_(std::move(body)), front_size_(front == nullptr ? 0 : front->size) {
    if (front_size_ > 0) inflater_.emplace(std::move(front));
  }
  [[nodiscard]] std::size_t size() const { return front_size_ + body_.size(); }
  // Asked for one offset after the other.
  [[nodiscard]] std::string_view at(std::size_t offset) {
    if (offset < front_size_) return inflater_->next();
    return std::string_view(body_).substr(std::min(offset - front_size_, body_.size()), kPiece);
  }

 private:
  const std::string body_;
  const std::size_t front_size_;
  std::optional<Inflater> inflater_;
};

}  // namespace

// The body goes out through a provider: httplib would compress a plain body itself, and with Brotli by preference.
void send_body(httplib::Response& response, std::string body, const char* type, std::shared_ptr<const Deflated> front) {
  const auto told = std::make_shared<Told>(std::move(body), std::move(front));
  // httplib takes a provider of nothing for one without an end.
  if (told->size() == 0) return response.set_content("", type);
  const auto give_up = std::chrono::steady_clock::now() + kLimit;
  response.set_content_provider(told->size(), type,
                                [told, give_up](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  if (std::chrono::steady_clock::now() > give_up) return false;
                                  const std::string_view piece = told->at(offset);
                                  return !piece.empty() && sink.write(piece.data(), piece.size());
                                });
}

}  // namespace lookout
