// The purposes that the matcher may run: signed by all their agencies, checked against the roster.
// Nodes check them again for themselves.
#ifndef RAAKVLAK_SERVER_MATCHER_PURPOSE_BOOK_H_
#define RAAKVLAK_SERVER_MATCHER_PURPOSE_BOOK_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "authority/purpose.h"
#include "authority/roster.h"
#include "server/common/clock.h"
#include "server/matcher/run_journal.h"

namespace raakvlak::matcher {

// Thread-safe. Roster, journal and clock must outlive it.
class PurposeBook {
 public:
  // Takes up the purposes of the journal. Those that the present roster no longer covers stay in
  // the journal and out of use; `unusable` gets a sentence for each.
  static absl::StatusOr<std::unique_ptr<PurposeBook>> Open(const authority::Roster& roster,
                                                           RunJournal& journal,
                                                           const common::Clock& clock,
                                                           std::vector<std::string>* unusable);

  // Opens the document: all signatures, agencies and types on the roster, known types, not expired,
  // newer than what is registered. The very same document again is OK. `in_transaction` is called
  // with the purpose before the commit; its error undoes everything.
  absl::Status Register(
      const v1::SignedDocument& document,
      const std::function<absl::Status(const authority::Purpose&)>& in_transaction);

  // NotFound when there is none.
  absl::StatusOr<std::shared_ptr<const authority::Purpose>> Find(std::string_view id) const;
  std::vector<std::shared_ptr<const authority::Purpose>> All() const;

 private:
  PurposeBook(const authority::Roster& roster, RunJournal& journal, const common::Clock& clock)
      : roster_(roster), journal_(journal), clock_(clock) {}

  const authority::Roster& roster_;
  RunJournal& journal_;
  const common::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const authority::Purpose>, std::less<>> purposes_;
};

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_PURPOSE_BOOK_H_
