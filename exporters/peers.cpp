#include "exporters/peers.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace lookout::peers {
namespace {

constexpr std::size_t kSeriesBytes = 48;  // name and value of a series, roughly
// The rows that a label set and a section make, of all servers: label texts are made once for all metrics.
struct Table {
  struct Entry {
    const ServerView* server;
    const Block* block;
    const Part* part;
    std::size_t row;
    std::size_t group;  // of equal labels
  };
  std::vector<Entry> entries;
  std::vector<const std::string*> groups;  // label texts

  std::unordered_map<std::string, std::size_t> group_index;
  std::unordered_map<std::string, std::size_t> entry_index;
};

// A label of a family as it was looked up.
struct Column {
  const PeerLabel* label;
  std::size_t index;  // of the row's label or metric
};

const char* text_of(bool value) {
  return value ? "true" : "false";
}

std::string_view meta_leader(const ServerView& server, const Facts& facts) {
  const auto found = facts.meta_leaders.find(&server);
  return found == facts.meta_leaders.end() ? std::string_view() : found->second;
}

bool leads_meta(const ServerView& server, const Facts& facts) {
  if (!server.jetstream) return false;
  const auto found = facts.meta_leaders.find(&server);
  return found == facts.meta_leaders.end() || found->second == server.name;
}

std::string_view server_text(const PeerLabel& label, const ServerView& server, const Facts& facts) {
  switch (label.from) {
    case From::server_id:
      return server.id;
    case From::server_name:
      return server.name;
    case From::cluster:
      return server.cluster;
    case From::version:
      return server.version;
    case From::host:
      return server.host;
    case From::domain:
      return server.domain;
    case From::domain_or_default:
      return server.domain.empty() ? std::string_view("Default") : server.domain;
    case From::jetstream:
      return text_of(server.jetstream);
    case From::meta_leader:
      return meta_leader(server, facts);
    case From::is_meta_leader:
      return text_of(leads_meta(server, facts));
    default:
      return label.of;
  }
}

std::string server_labels(std::span<const PeerLabel> labels, const ServerView& server, const Facts& facts) {
  std::string text;
  for (const PeerLabel& label : labels) append_label(text, label.name, server_text(label, server, facts));
  return text;
}

std::vector<Column> columns(std::span<const PeerLabel> labels, const Section& section) {
  std::vector<Column> out;
  for (const PeerLabel& label : labels) {
    const auto index = label.from == From::tier ? metric_index(section, label.of) : label_index(section, label.of);
    out.push_back({&label, index.value_or(0)});
  }
  return out;
}

std::string_view account_name(std::string_view id, const Facts& facts) {
  const auto found = facts.account_names.find(id);
  return found == facts.account_names.end() ? id : found->second;
}

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z')
    out.front() = static_cast<char>(out.front() - 'a' + 'A');
  return out;
}

// False: the row is left out.
bool append_row(std::string& text, const Column& column, const Table::Entry& entry, const Facts& facts) {
  const PeerLabel& label = *column.label;
  const auto row_text = [&] { return entry.part->label(entry.row, column.index); };
  switch (label.from) {
    case From::row:
      append_label(text, label.name, row_text());
      return true;
    case From::needed_row:
      append_label(text, label.name, row_text());
      return !row_text().empty();
    case From::is_row:
      append_label(text, label.name, text_of(row_text() == entry.server->name));
      return true;
    case From::capitalised:
      append_label(text, label.name, capitalised(row_text()));
      return true;
    case From::account_name:
      append_label(text, label.name, account_name(row_text(), facts));
      return true;
    case From::tier: {
      std::string tier("R");
      append_number(tier, entry.part->value(entry.row, column.index));
      append_label(text, label.name, tier);
      return true;
    }
    default:
      append_label(text, label.name, server_text(label, *entry.server, facts));
      return true;
  }
}

// What several servers tell of is one row: /metrics merges by the same key.
std::string shared_key(const Section& section, const Table::Entry& entry) {
  std::string key;
  const auto word = [&key](std::string_view text) { key.append(text).append("\x1F"); };
  if (section.of == Of::asset) word(entry.server->cluster);
  if (section.of != Of::deployment) word(entry.server->domain);
  for (std::size_t i = 0; i < section.labels.size(); ++i) {
    if (!section.labels[i].hidden) word(entry.part->label(entry.row, i));
  }
  return key;
}

std::string key_of(const PeerFamily& family, const Section& section, const Table::Entry& entry, std::size_t count) {
  if (section.of != Of::server) return shared_key(section, entry);
  return std::to_string(family.fold == Fold::newest ? entry.group : count);
}

// The newest of equal keys stays.
void add(Table& table, const PeerFamily& family, const Section& section, Table::Entry entry, std::string text) {
  const auto [group, fresh] = table.group_index.emplace(std::move(text), table.groups.size());
  if (fresh) table.groups.push_back(&group->first);
  entry.group = group->second;
  const auto [known, first] =
      table.entry_index.emplace(key_of(family, section, entry, table.entries.size()), table.entries.size());
  if (first) {
    table.entries.push_back(entry);
  } else if (entry.block->server_time > table.entries[known->second].block->server_time) {
    table.entries[known->second] = entry;
  }
}

// Calls use(server, block, part) for every server that told of the section.
template <class Use>
void each_part(const Facts& facts, const Place& place, Use&& use) {
  for (const auto& server : facts.snapshot.servers) {
    if (const Part* const part = place.in(*server)) use(*server, *place.block(*server), *part);
  }
}

// Whether this server is the one that tells of the row.
bool tells(const Section& section, const Part& part, std::size_t row) {
  return part.led(row) || section.followers;
}

void add_rows(Table& table, const PeerFamily& family, const Section& section, const Table::Entry& first,
              const Facts& facts) {
  const std::vector<Column> made = columns(family.labels, section);
  const auto where = label_index(section, family.source.row_label);
  Table::Entry entry = first;
  for (; entry.row < entry.part->rows(); ++entry.row) {
    if (!tells(section, *entry.part, entry.row)) continue;
    if (where && entry.part->label(entry.row, *where) != family.source.row_value) continue;
    std::string text;
    bool shown = true;
    for (const Column& column : made) shown = append_row(text, column, entry, facts) && shown;
    if (shown) add(table, family, section, entry, std::move(text));
  }
}

Table make_table(const PeerFamily& family, const Place& place, const Facts& facts) {
  Table table;
  each_part(facts, place, [&](const ServerView& server, const Block& block, const Part& part) {
    if (family.from_meta_leader && !leads_meta(server, facts)) return;
    add_rows(table, family, place.of(), {&server, &block, &part, 0, 0}, facts);
  });
  return table;
}

// Units change by powers of ten: what is left of rounding is taken away.
double scaled(double value, double scale) {
  if (scale == 1) return value;
  const double out = value * scale;
  return std::abs(out) < 1e9 ? std::round(out * 1e6) / 1e6 : std::round(out);
}

std::vector<std::size_t> indexes(const Section& section, std::span<const char* const> names) {
  std::vector<std::size_t> out;
  for (const char* name : names) {
    if (const auto index = metric_index(section, name)) out.push_back(*index);
  }
  return out;
}

// The servers' clocks are good for that, and a difference of such numbers for little more.
double to_milliseconds(double time) {
  return std::round(time * 1e3) / 1e3;
}

double value_of(const PeerFamily& family, const Table::Entry& entry, std::size_t metric,
                const std::vector<std::size_t>& minus) {
  double value = entry.part->value(entry.row, metric);
  if (std::isnan(value)) return value;
  if (!minus.empty() && parse_version(entry.server->version) < kSplitTraffic) return Part::kAbsent;
  for (const std::size_t part : minus) {
    const double less = entry.part->value(entry.row, part);
    if (!std::isnan(less)) value -= less;  // zero is left out
  }
  switch (family.shown) {
    case Shown::plain:
      return value;
    case Shown::inverted:
      return 1 - value;
    case Shown::age:
      return std::max(0.0, to_milliseconds(seconds(entry.block->server_time.time_since_epoch()) - value));
  }
  return value;
}

class Sheet {
 public:
  Sheet(Writer& out, const Facts& facts, std::string_view prefix) : out_(out), facts_(facts), prefix_(prefix) {
    if (facts.snapshot.accounts) accounts_ = *facts.snapshot.accounts;
  }

  void write(const PeerFamily& family, const std::optional<Place>& place) {
    open(family, place);
    if (family.source.whole != nullptr) {
      write_whole(family);
    } else if (family.source.server != nullptr) {
      write_servers(family);
    } else if (family.source.account != nullptr) {
      write_accounts(family);
    } else if (place && (family.fold == Fold::count || family.fold == Fold::total)) {
      write_totals(family, *place);
    } else if (place) {
      write_rows(family, *place);
    }
  }

 private:
  void open(const PeerFamily& family, const std::optional<Place>& place) {
    if (family.name == opened_) return;
    opened_ = family.name;
    name_ = prefix_.empty() ? std::string(opened_) : std::string(prefix_).append(opened_.substr(opened_.find('_')));
    const char* help = place ? place->of().metrics[place->metric].help : "As the peer names it; see docs/peers.md.";
    out_.family(name_, family.type, help);
  }

  void sample(const PeerFamily& family, std::string_view labels, double value) {
    if (!std::isnan(value)) out_.sample(labels, scaled(value, family.scale), {}, family.suffix);
  }

  void write_whole(const PeerFamily& family) {
    std::string text;
    for (const PeerLabel& label : family.labels) append_label(text, label.name, label.of);
    sample(family, text, family.source.whole(facts_));
  }

  void write_servers(const PeerFamily& family) {
    std::unordered_set<std::string> seen;
    for (const auto& server : facts_.snapshot.servers) {
      if (!server->up) continue;
      const std::string text = server_labels(family.labels, *server, facts_);
      if (seen.insert(text).second) sample(family, text, family.source.server(*server, facts_));
    }
  }

  void write_totals(const PeerFamily& family, const Place& place) {
    std::unordered_set<std::string> seen;
    each_part(facts_, place, [&](const ServerView& server, const Block&, const Part& part) {
      double total = 0;
      for (std::size_t row = 0; row < part.rows(); ++row)
        total += family.fold == Fold::count ? 1 : part.value(row, place.metric);
      const std::string text = server_labels(family.labels, server, facts_);
      if (seen.insert(text).second) sample(family, text, total);
    });
  }

  void write_accounts(const PeerFamily& family) {
    std::unordered_set<std::string> seen;
    for (const auto& server : facts_.snapshot.servers) {
      for (const AccountConnections& account : server->accounts) {
        if (account.account >= accounts_.size()) continue;
        std::string text;
        for (const PeerLabel& label : family.labels) append_account(text, label, *server, accounts_[account.account]);
        if (seen.insert(text).second) sample(family, text, family.source.account(account));
      }
    }
  }

  void append_account(std::string& text, const PeerLabel& label, const ServerView& server, const Account& account) {
    if (label.from == From::row)
      append_label(text, label.name, account.id);
    else if (label.from == From::account_name)
      append_label(text, label.name, account_name(account.id, facts_));
    else
      append_label(text, label.name, server_text(label, server, facts_));
  }

  void write_rows(const PeerFamily& family, const Place& place) {
    if (!same(family, place)) {
      table_ = make_table(family, place, facts_);
      made_ = &family;
      place_ = place;
    }
    const std::vector<std::size_t> minus = indexes(place.of(), family.minus);
    std::vector<double> values(table_.groups.size(), Part::kAbsent);
    for (const Table::Entry& entry : table_.entries) {
      const double value = value_of(family, entry, place.metric, minus);
      double& held = values[entry.group];
      if (std::isnan(held))
        held = value;
      else if (family.fold == Fold::sum && !std::isnan(value))
        held += value;
    }
    out_.expect(values.size() * kSeriesBytes);
    for (std::size_t i = 0; i < values.size(); ++i) sample(family, *table_.groups[i], values[i]);
  }

  // Whether the rows at hand are those of this family too.
  [[nodiscard]] bool same(const PeerFamily& family, const Place& place) const {
    return made_ != nullptr && made_->labels.data() == family.labels.data() && made_->fold == family.fold &&
           made_->from_meta_leader == family.from_meta_leader && place_.collector == place.collector &&
           place_.section == place.section && std::string_view(made_->source.row_label) == family.source.row_label &&
           std::string_view(made_->source.row_value) == family.source.row_value;
  }

  Writer& out_;
  const Facts& facts_;
  std::string_view prefix_;
  std::span<const Account> accounts_;
  std::string_view opened_;
  std::string name_;
  Table table_;
  const PeerFamily* made_ = nullptr;
  Place place_{};
};

}  // namespace

void write(Writer& out, const Facts& facts, std::span<const PeerFamily> families,
           std::span<const std::optional<Place>> places, std::string_view prefix) {
  Sheet sheet(out, facts, prefix);
  for (std::size_t i = 0; i < families.size(); ++i) sheet.write(families[i], places[i]);
}

}  // namespace lookout::peers
