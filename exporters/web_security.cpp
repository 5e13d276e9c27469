#include "exporters/web_security.h"

#include <sys/stat.h>

#include <chrono>

#include "agent/log.h"

namespace lookout {
namespace {

constexpr std::chrono::seconds kLook{1};

// Of what a path leads to: Kubernetes swaps a link to a folder.
std::string mark_of(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  std::string mark;
  for (const auto part :
       {static_cast<long>(file.st_dev), static_cast<long>(file.st_ino), static_cast<long>(file.st_size),
        static_cast<long>(file.st_mtim.tv_sec), static_cast<long>(file.st_mtim.tv_nsec)})
    mark.append(std::to_string(part)).append(" ");
  return mark;
}

bool wants_certificate(const Protection& protection) {
  const auto& tls = protection.config.tls;
  return tls && (tls->client_auth == ClientAuth::require_any || tls->client_auth == ClientAuth::require_and_verify);
}

// An emptied file must not open what was closed.
std::string taken_away(const Protection& old, const Protection& fresh) {
  for (const auto& [lost, what] : {std::pair{old.tls != nullptr && fresh.tls == nullptr, "tls_server_config"},
                                   {wants_certificate(old) && !wants_certificate(fresh), "client_auth_type"},
                                   {old.auth != nullptr && fresh.auth == nullptr, "basic_auth_users"}}) {
    if (lost) return std::string(what) + " is gone: switching it off takes a restart";
  }
  return {};
}

}  // namespace

WebSecurity::WebSecurity(std::string path, Instruments& instruments)
    : path_(std::move(path)), instruments_(instruments), current_(std::make_shared<const Protection>()) {
  if (path_.empty()) return;
  for (const char* result : {"loaded", "failed"})
    instruments_.web_reloads.Add({{"result", result}});  // increase() needs the 0
}

WebSecurity::~WebSecurity() = default;

Result<std::unique_ptr<WebSecurity>> WebSecurity::open(const std::string& path, Instruments& instruments) {
  std::unique_ptr<WebSecurity> made(new WebSecurity(path, instruments));
  if (path.empty()) return made;
  const auto first = made->load(made->loaded_);
  if (!first) return Error{first.error()};
  made->current_ = *first;
  made->thread_ = std::jthread([self = made.get()](const std::stop_token& stop) { self->watch(stop); });
  return made;
}

Result<std::shared_ptr<const Protection>> WebSecurity::load(Marks& marks) const {
  marks[path_] = mark_of(path_);
  const auto config = read_web_config(path_);
  if (!config) return Error{config.error()};
  auto protection = std::make_shared<Protection>();
  protection->config = *config;
  if (config->tls) {
    for (const std::string& file : {config->tls->cert_file, config->tls->key_file, config->tls->client_ca_file})
      marks[file] = mark_of(file);
    const auto tls = Tls::make(*config->tls);
    if (!tls) return Error{path_ + ": " + tls.error()};
    protection->tls = *tls;
  }
  const auto before = current();
  if (before->auth != nullptr && before->config.users == config->users)
    protection->auth = before->auth;  // it knows who was right
  else if (!config->users.empty())
    protection->auth = std::make_shared<BasicAuth>(config->users, instruments_.password_checks);
  return std::shared_ptr<const Protection>(std::move(protection));
}

std::shared_ptr<const Protection> WebSecurity::current() const {
  const std::lock_guard lock(guard_);
  return current_;
}

bool WebSecurity::reload() {
  if (path_.empty()) return true;
  const std::lock_guard reloading(reloading_);
  Marks marks;
  const auto fresh = load(marks);
  const std::string wrong = fresh ? taken_away(*current(), **fresh) : fresh.error();
  instruments_.web_reloads.Add({{"result", wrong.empty() ? "loaded" : "failed"}}).Increment();
  if (!wrong.empty()) marks.merge(look());  // what is wrong is said once
  const std::lock_guard lock(guard_);
  loaded_ = std::move(marks);
  if (!wrong.empty()) {
    log::error("web configuration not reloaded, the old one stays", {{"reason", wrong}});
    return false;
  }
  current_ = *fresh;
  log::info("web configuration reloaded");
  return true;
}

WebSecurity::Marks WebSecurity::look() const {
  Marks marks;
  {
    const std::lock_guard lock(guard_);
    marks = loaded_;
  }
  for (auto& [file, mark] : marks) mark = mark_of(file);
  return marks;
}

// A change counts when it has stood for a second: until then the files may be half written.
void WebSecurity::watch(const std::stop_token& stop) {
  for (Marks last = look(); !stop.stop_requested();) {
    bool changed = false;
    {
      std::unique_lock lock(guard_);
      wake_.wait_for(lock, stop, kLook, [] { return false; });
      changed = last != loaded_;
    }
    Marks now = look();
    if (changed && now == last && !stop.stop_requested()) reload();
    last = std::move(now);
  }
}

}  // namespace lookout
