#include "tests/bench/fleet/template.h"

#include <array>
#include <charconv>
#include <fstream>
#include <stdexcept>

namespace lookout::fleet {

nlohmann::ordered_json recorded(const std::string& what, const std::string& name) {
  std::ifstream file(TEST_DATA "/fixtures/2.15.2." + what + ".ndjson");
  for (std::string line; std::getline(file, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json.at("name") == name) return nlohmann::ordered_json::parse(json.at("payload").get_ref<const std::string&>());
  }
  throw std::runtime_error("there is no recorded message " + name);
}

Template::Template(nlohmann::ordered_json recorded, std::span<const Slot> slots) {
  const auto mark = [](std::size_t i) { return "@slot" + std::to_string(i) + "@"; };
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const nlohmann::ordered_json::json_pointer path(slots[i].path);
    if (!recorded.contains(path)) throw std::runtime_error(std::string("a recorded message has no ") + slots[i].path);
    recorded[path] = mark(i);
  }
  const std::string whole = recorded.dump();
  constexpr std::string_view kMark = "\"@slot";
  std::size_t done = 0;
  for (std::size_t at = whole.find(kMark); at != std::string::npos; at = whole.find(kMark, done)) {
    const std::size_t slot = std::stoul(whole.substr(at + kMark.size()));
    pieces_.push_back({whole.substr(done, at - done), slots[slot].write});
    done = whole.find('"', at + 1) + 1;
  }
  rest_ = whole.substr(done);
}

void Template::write(std::string& out, const Scene& scene) const {
  for (const Piece& piece : pieces_) {
    out += piece.before;
    piece.write(out, scene);
  }
  out += rest_;
}

void number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// Names here need no escapes.
void text(std::string& out, std::string_view value) {
  out += '"';
  out += value;
  out += '"';
}

}  // namespace lookout::fleet
