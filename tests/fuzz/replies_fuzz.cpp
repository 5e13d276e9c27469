// One reply of a server, decoded by every table and applied.
#include "agent/decode.h"
#include "agent/state.h"
#include "collectors/collectors.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

void check_row(const Row& row, const Section& section) {
  must(row.values.size() == section.metrics.size(), "a value for every metric");
  must(row.labels.size() == section.labels.size(), "a text for every label");
  for (const std::string& label : row.labels) must(fuzz::showable(label), "labels are clean", label);
  for (const std::string& text : row.texts) must(fuzz::showable(text), "texts are clean", text);
}

void check_block(const Block& block, const Collector& collector) {
  must(block.parts.size() == collector.sections.size(), "a part for every section");
  for (std::size_t i = 0; i < block.parts.size(); ++i) {
    for (const Row& row : block.parts[i]) check_row(row, collector.sections[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ReplyDecoder decoder;
  const fuzz::Padded padded(fuzz::as_text(data, size));
  const Now now = fuzz::after(std::chrono::seconds(0));
  const Message message{Traffic::reply, false, now.mono, "r.0.1", padded.text()};

  State state(fuzz::config(), collectors(), [](const Event&, Now) {});
  for (std::size_t i = 0; i < collectors().size(); ++i) {
    const auto reply = decoder.decode(collectors()[i], message);
    if (!reply) {
      must(fuzz::showable(reply.error()), "errors are clean text", reply.error());
      continue;
    }
    check_block(*reply->block, collectors()[i]);
    state.apply(*reply, i, now);
  }
  if (const auto user = decoder.decode_user(message)) {
    must(fuzz::showable(user->account) && fuzz::showable(user->account_name), "accounts are clean", user->account);
    state.account_is(user->account);
  }
  state.tick(now);
  (void)state.snapshot({}, now);
  return 0;
}
