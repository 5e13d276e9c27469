// Hides who tried to log in (--web.mask-identities): each address, user and name becomes a word that is the same
// wherever it stands, "masked-5f0c3a91d2", so that two sources can still be told apart and followed; which word, is
// another in each process, and does not tell the identity (an HMAC with a key that nobody knows). Pure functions but
// for that key; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "agent/snapshot.h"

namespace lookout {

// Empty stays empty.
[[nodiscard]] std::string masked(std::string_view identity);

// A sentence about failed logins up to where it names sources and users.
[[nodiscard]] std::string_view without_identities(std::string_view sentence);

// The same picture with nobody's identity in findings, the last failures and those with most.
[[nodiscard]] std::shared_ptr<const Snapshot> masked(const Snapshot& snapshot);

}  // namespace lookout
