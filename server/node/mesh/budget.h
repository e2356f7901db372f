// What each requester has spent here: a durable ledger of evaluations, debited before anything is
// evaluated (protocol.md, "Evaluation" 2 and 5). A grant binds per run and type, a ceiling per
// epoch, requester and type.
#ifndef RAAKVLAK_SERVER_NODE_MESH_BUDGET_H_
#define RAAKVLAK_SERVER_NODE_MESH_BUDGET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crypto/base/hash.h"
#include "server/common/sqlite.h"

namespace raakvlak::node {

// One chunk to be paid for.
struct BudgetDebit {
  std::string requester;
  std::string identifier_type;
  uint64_t epoch = 0;
  crypto::Digest manifest_hash{};
  uint64_t chunk_number = 0;
  // SHA-512 of the chunk's elements.
  crypto::Digest elements_digest{};
  // Elements in the chunk; at least 1.
  uint64_t count = 0;
  // Limits from manifest and purpose.
  uint64_t run_grant = 0;
  uint64_t epoch_ceiling = 0;
  // The requester's signed chunk header, kept as evidence if the debit is refused.
  std::string signed_header;
};

enum class DebitOutcome {
  kCharged,
  // The same digest under the same number was charged before: it costs nothing.
  kAlreadyCharged,
};

// A requester used a chunk number for two different chunks.
struct BudgetEvidence {
  std::string requester;
  std::string identifier_type;
  crypto::Digest manifest_hash{};
  uint64_t chunk_number = 0;
  crypto::Digest charged_digest{};
  crypto::Digest refused_digest{};
  std::string signed_header;
};

struct BudgetSpent {
  std::string requester;
  std::string identifier_type;
  uint64_t epoch = 0;
  uint64_t spent = 0;
};

// Thread-safe; debits are serialised.
class BudgetLedger {
 public:
  static absl::StatusOr<std::unique_ptr<BudgetLedger>> Open(const std::string& path);

  // Durable (synchronous=FULL) once it returns OK. Charges all or nothing.
  //   ResourceExhausted    above the run's grant or the epoch's ceiling
  //   PermissionDenied     another digest under this number; kept as evidence. Blames the requester
  //   InvalidArgument      an empty chunk
  absl::StatusOr<DebitOutcome> Debit(const BudgetDebit& debit);

  // By type and requester, of one epoch.
  absl::StatusOr<std::vector<BudgetSpent>> SpentIn(uint64_t epoch) const;
  absl::StatusOr<uint64_t> SpentInRun(const crypto::Digest& manifest_hash,
                                      std::string_view identifier_type,
                                      std::string_view requester) const;
  absl::StatusOr<std::vector<BudgetEvidence>> Evidence() const;
  // Forgets the chunks of a run that has ended; its sums and evidence stay. Only for runs whose
  // manifest is refused from now on.
  absl::Status ForgetChunks(const crypto::Digest& manifest_hash);

 private:
  BudgetLedger(std::unique_ptr<common::Database> database,
               std::unique_ptr<common::Database> reader);

  const std::unique_ptr<common::Database> database_;
  // The same file. A debit holds its connection until the disk has it; a steward who asks what was
  // spent does not wait for that.
  const std::unique_ptr<common::Database> reader_;
};

}  // namespace raakvlak::node

#endif  // RAAKVLAK_SERVER_NODE_MESH_BUDGET_H_
