#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string_view>

#include "config/options.h"

namespace lookout {
namespace {

using cfg::Givens;
using cfg::Key;
using cfg::Keys;
using cfg::Option;
using cfg::options;
using cfg::Shape;
using cfg::Texts;

// Notes where documents begin. YAML::LoadAll() would do, but on some malformed texts it never ends.
class Beginnings final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { last = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

  YAML::Mark last;
};

// Walks a document along the paths of keys. The first thing that is wrong ends it. What yaml-cpp says is never passed
// on whole: it may repeat a value.
class Reader {
 public:
  Reader(std::string file, const Keys& keys) : file_(std::move(file)), keys_(keys) {}

  [[nodiscard]] Result<Givens> read(const std::string& content) {
    try {
      std::istringstream text(content);
      YAML::Parser parser(text);
      Beginnings beginnings;
      if (!parser.HandleNextDocument(beginnings)) return givens_;
      if (parser.HandleNextDocument(beginnings))
        return Error{place(beginnings.last) + "a second document begins: one is right"};
      section(YAML::Load(content), "");
    } catch (const YAML::Exception& error) {
      const std::string why = error.msg.substr(0, error.msg.find(':'));
      return Error{file_ + ":" + std::to_string(error.mark.line + 1) + ": not valid YAML: " + why};
    }
    if (!wrong_.what.empty()) return wrong_;
    return givens_;
  }

 private:
  [[nodiscard]] std::string place(const YAML::Mark& mark) const {
    return file_ + ":" + std::to_string(mark.line + 1) + ": ";
  }
  [[nodiscard]] Error at(const YAML::Node& node, const std::string& what) const {
    return Error{place(node.Mark()) + what};
  }

  void section(const YAML::Node& node, const std::string& path) {
    if (node.IsNull()) return;  // "nats:" with nothing but comments below it
    if (!node.IsMap()) {
      wrong_ = at(node, (path.empty() ? "the file" : path) + " must hold keys");
      return;
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      entry_of(entry.first, entry.second, path, seen);
      if (!wrong_.what.empty()) return;
    }
  }

  void entry_of(const YAML::Node& key, const YAML::Node& value, const std::string& parent,
                std::set<std::string>& seen) {
    const std::string name = key.IsScalar() ? key.Scalar() : "";
    const std::string path = parent.empty() ? name : parent + "." + name;
    const auto below = [&path](const Key& known) { return known.path.starts_with(path + "."); };
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&path](const Key& known) { return known.path == path; });
    const bool dotted = name.find('.') != std::string::npos;
    if (!key.IsScalar()) {
      wrong_ = at(key, "a key must be a plain word");
    } else if (!seen.insert(name).second) {
      wrong_ = at(key, "key " + cfg::quote(path) + " must be given only once");
    } else if (dotted && found != keys_.end()) {
      wrong_ = at(key, "key " + cfg::quote(path) + " must be nested: write every part below the one before it");
    } else if (found != keys_.end()) {
      found->shape == Shape::map ? map(key, value, *found) : leaf(key, value, *found);
    } else if (!dotted && std::any_of(keys_.begin(), keys_.end(), below)) {
      section(value, path);
    } else {
      wrong_ = at(key, "unknown key " + cfg::quote(path) + hint(path));
    }
  }

  [[nodiscard]] std::string hint(const std::string& path) const {
    Texts known;
    for (const Key& key : keys_) known.push_back(key.path);
    const std::string near = cfg::nearest(path, known);
    return near.empty() ? "" : " (did you mean '" + near + "'?)";
  }

  [[nodiscard]] static bool plain(const YAML::Node& node) {  // a tag: a password that begins with '!'
    return node.IsScalar() && (node.Tag() == "?" || node.Tag() == "!");
  }

  void map(const YAML::Node& key, const YAML::Node& value, const Key& known) {
    Texts texts;
    std::set<std::string> seen;
    bool good = value.IsMap() || value.IsNull();
    for (auto entry = value.begin(); good && entry != value.end(); ++entry) {
      good = plain(entry->first) && plain(entry->second) && seen.insert(entry->first.Scalar()).second;
      if (good) texts.insert(texts.end(), {entry->first.Scalar(), entry->second.Scalar()});
    }
    if (!good) wrong_ = at(key, known.path + " must hold different keys, each with one text");
    givens_[known.path] = {texts, place(key.Mark()) + known.path};
  }

  void leaf(const YAML::Node& key, const YAML::Node& value, const Key& option) {
    const bool list = value.IsSequence() && option.shape == Shape::list;
    if (!(list ? std::all_of(value.begin(), value.end(), plain) : plain(value))) {
      wrong_ = at(key, option.path + " must be " +
                           (option.shape == Shape::list ? "text or a list of texts" : "one text or number") +
                           ", in quotes where it begins with a special character");
      return;
    }
    Texts texts;
    if (list) {
      for (const auto& item : value) texts.push_back(item.Scalar());
    } else {
      texts.push_back(value.Scalar());
    }
    givens_[option.path] = {texts, place(key.Mark()) + option.path};
  }

  std::string file_;
  const Keys& keys_;
  Givens givens_;
  Error wrong_;
};

// Plain where nobody could read it as anything else, in double quotes otherwise.
std::string scalar(const std::string& text) {
  const auto simple = [](char c) {
    return cfg::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/' || c == '.';
  };
  const bool null = text == "null" || text == "Null" || text == "NULL";
  if (!text.empty() && !null && std::all_of(text.begin(), text.end(), simple)) return text;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (cfg::is_control(c)) {
      quoted.append("\\x").append({kHex[byte >> 4U], kHex[byte & 15U]});
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// The lines that open the sections of `path` which are not open yet; `open` is the path of the line before.
std::string headings(const std::string& open, const std::string& path) {
  std::string lines;
  std::string indent;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    if (!open.starts_with(path.substr(0, dot + 1))) lines += indent + path.substr(begin, dot - begin) + ":\n";
    indent += "  ";
    begin = dot + 1;
  }
  return lines;
}

}  // namespace

Keys cfg::keys_of_options() {
  Keys keys;
  for (const Option& option : options()) keys.push_back({option.path, option.shape});
  return keys;
}

Result<Givens> cfg::read_yaml(const std::string& path, const Keys& keys) {
  constexpr std::size_t kLimit = std::size_t{1} << 20U;
  const auto content = read_file(path, kLimit);
  if (!content) return Error{content.error()};
  return Reader(path, keys).read(*content);
}

std::string to_yaml(const Config& config) {
  std::string yaml;
  std::string open;
  for (const Option& option : options()) {
    Texts texts = option.codec.get(config);
    if (texts.empty() || texts.front().empty()) continue;
    if (option.secret) texts = {"***"};
    std::transform(texts.begin(), texts.end(), texts.begin(), scalar);
    const std::string value = option.shape == Shape::list ? "[" + cfg::join(texts, ", ") + "]" : texts.front();
    const auto depth = static_cast<std::size_t>(std::count(option.path.begin(), option.path.end(), '.'));
    yaml += headings(open, option.path) + std::string(2 * depth, ' ') + option.path.substr(option.path.rfind('.') + 1) +
            ": " + value + "\n";
    open = option.path;
  }
  return yaml;
}

}  // namespace lookout
