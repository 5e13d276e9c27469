// Result<T>: a value or one sentence saying why there is none. The member names are std::expected's, which gcc 12 has
// only in C++23 mode. Errors gain context upwards; the outermost caller prints or counts them. No exceptions cross our
// functions.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace lookout {

struct Error {
  std::string what;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}      // NOLINT(google-explicit-constructor): return value;
  Result(Error error) : content_(std::move(error)) {}  // NOLINT(google-explicit-constructor): return Error{...};

  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  [[nodiscard]] const T& value() const { return std::get<0>(content_); }
  [[nodiscard]] T& value() { return std::get<0>(content_); }
  const T& operator*() const { return value(); }
  T& operator*() { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  [[nodiscard]] const std::string& error() const { return std::get<1>(content_).what; }

 private:
  std::variant<T, Error> content_;
};

}  // namespace lookout
