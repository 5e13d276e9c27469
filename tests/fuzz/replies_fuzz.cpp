// One reply of a server, decoded by every table and applied.
#include "agent/decode.h"
#include "agent/state.h"
#include "collectors/collectors.h"
#include "tests/fuzz/fuzz.h"

using namespace lookout;
using fuzz::must;

namespace {

void check_block(const Block& block, const Collector& collector) {
  must(block.parts.size() == collector.sections.size(), "a part for every section");
  for (std::size_t i = 0; i < block.parts.size(); ++i) {
    const Part& part = block.parts[i];
    for (std::size_t row = 0; row < part.rows(); ++row) {
      must(part.values(row).size() == collector.sections[i].metrics.size(), "a value for every metric");
      for (std::size_t label = 0; label < collector.sections[i].labels.size(); ++label)
        must(fuzz::showable(part.label(row, label)), "labels are clean", part.label(row, label));
    }
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
    Assembly assembly(collectors()[i], Level::detail);
    auto reply = decoder.decode(message, assembly);
    if (reply) reply = decoder.decode(message, assembly);  // as if it were the second page too
    if (!reply) {
      must(fuzz::showable(reply.error()), "errors are clean text", reply.error());
      continue;
    }
    const auto block = assembly.finish();
    check_block(*block, collectors()[i]);
    state.apply(*reply, block, i, now);
  }
  if (const auto user = decoder.decode_user(message)) {
    must(fuzz::showable(user->account) && fuzz::showable(user->account_name), "accounts are clean", user->account);
    state.account_is(user->account);
  }
  state.tick(now);
  (void)state.snapshot({}, now);
  return 0;
}
