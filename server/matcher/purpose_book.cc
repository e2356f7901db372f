// Registration and look-up of purposes.
#include "server/matcher/purpose_book.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "linkage/types/identifier_type.h"

namespace raakvlak::matcher {

absl::StatusOr<std::unique_ptr<PurposeBook>> PurposeBook::Open(const authority::Roster& roster,
                                                               RunJournal& journal,
                                                               const common::Clock& clock,
                                                               std::vector<std::string>* unusable) {
  std::unique_ptr<PurposeBook> book(new PurposeBook(roster, journal, clock));
  absl::StatusOr<std::vector<PurposeRow>> rows = journal.Purposes();
  if (!rows.ok()) return rows.status();
  for (const PurposeRow& row : *rows) {
    v1::SignedDocument document;
    if (!document.ParseFromString(row.document)) {
      return absl::DataLossError(
          absl::StrCat("the journal's purpose ", row.purpose_id, " cannot be read"));
    }
    absl::StatusOr<authority::Purpose> purpose = authority::Purpose::Open(document, roster);
    if (!purpose.ok()) {
      unusable->push_back(
          absl::StrCat("purpose ", row.purpose_id,
                       " is not covered by the present roster: ", purpose.status().message()));
      continue;
    }
    book->purposes_[row.purpose_id] =
        std::make_shared<const authority::Purpose>(*std::move(purpose));
  }
  return book;
}

absl::Status PurposeBook::Register(
    const v1::SignedDocument& document,
    const std::function<absl::Status(const authority::Purpose&)>& in_transaction) {
  absl::StatusOr<authority::Purpose> opened = authority::Purpose::Open(document, roster_);
  if (!opened.ok()) return opened.status();
  auto purpose = std::make_shared<const authority::Purpose>(*std::move(opened));
  const v1::Purpose& body = purpose->body();
  if (clock_.UnixSeconds() > body.not_after()) {
    return absl::FailedPreconditionError(
        absl::StrCat("purpose ", body.purpose_id(), " has expired"));
  }
  for (const v1::TypePolicy& type : body.types()) {
    if (!linkage::ParseIdentifierType(type.identifier_type())) {
      return absl::InvalidArgumentError(
          absl::StrCat("this matcher does not know the identifier type ", type.identifier_type()));
    }
  }
  std::lock_guard lock(mutex_);
  if (const auto known = purposes_.find(body.purpose_id()); known != purposes_.end()) {
    const authority::Purpose& old = *known->second;
    if (old.body().version() > body.version()) {
      return absl::FailedPreconditionError(
          absl::StrCat("version ", old.body().version(), " of purpose ", body.purpose_id(),
                       " is registered already; register a newer one"));
    }
    if (old.body().version() == body.version() && old.hash() != purpose->hash()) {
      return absl::AlreadyExistsError(absl::StrCat("another text of version ", body.version(),
                                                   " of purpose ", body.purpose_id(),
                                                   " is registered already"));
    }
  }
  common::Transaction transaction(journal_.database());
  if (absl::Status s = journal_.PutPurpose(
          {body.purpose_id(), body.version(), body.not_after(), document.SerializeAsString()});
      !s.ok()) {
    return s;
  }
  if (absl::Status s = in_transaction(*purpose); !s.ok()) return s;
  if (absl::Status s = transaction.Commit(); !s.ok()) return s;
  purposes_[body.purpose_id()] = std::move(purpose);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const authority::Purpose>> PurposeBook::Find(
    std::string_view id) const {
  std::lock_guard lock(mutex_);
  const auto found = purposes_.find(id);
  if (found == purposes_.end()) {
    return absl::NotFoundError(absl::StrCat("no purpose ", std::string(id), " is registered"));
  }
  return found->second;
}

std::vector<std::shared_ptr<const authority::Purpose>> PurposeBook::All() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<const authority::Purpose>> all;
  for (const auto& [id, purpose] : purposes_) all.push_back(purpose);
  return all;
}

}  // namespace raakvlak::matcher
