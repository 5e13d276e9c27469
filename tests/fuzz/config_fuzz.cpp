// A YAML configuration file: refused with one clean sentence, or a configuration that can be written and read again.
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

// A file in memory; never closed.
class MemoryFile {
 public:
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  void write(std::string_view text) const {
    const bool written = ftruncate(fd_, 0) == 0 && pwrite(fd_, text.data(), text.size(), 0) >= 0;
    must(written, "the test can write its file");
  }

 private:
  int fd_ = memfd_create("config", 0);
};

CommandLine read(std::string_view yaml) {
  static const MemoryFile file;
  file.write(yaml);
  return parse({"--config.file=" + file.path()}, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const CommandLine line = read(fuzz::as_text(data, size));
  if (line.exit) {
    must(line.exit_code == 2, "a wrong file is a usage error", line.text);
    must(!fuzz::has_control(line.text), "the error is one clean line", line.text);  // its bytes are the operator's own
    return 0;
  }
  const std::string written = to_yaml(line.config);
  const CommandLine again = read(written);
  must(!again.exit, "what is written can be read", again.text + "\n" + written);
  must(to_yaml(again.config) == written, "what is written stays the same", written);
  return 0;
}
