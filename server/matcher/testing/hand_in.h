// Handing in what a run asks of agencies the way the service does, request ids and all, for tests
// that have no network.
#ifndef RAAKVLAK_SERVER_MATCHER_TESTING_HAND_IN_H_
#define RAAKVLAK_SERVER_MATCHER_TESTING_HAND_IN_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "authority/comparison.h"
#include "server/matcher/encoding_upload.h"
#include "server/matcher/testing/fake_agency.h"
#include "server/matcher/testing/runs_fixture.h"

namespace raakvlak::matcher::testing {

// Hands in one upload the way the service does, under a request id that stays the same.
inline absl::Status Hand(
    RunsFixture& f, const std::string& agency, const std::string& hash, UploadKind kind,
    const std::string& type,
    const std::function<absl::StatusOr<UploadResult>(const Runs::Ticket&)>& write) {
  const RequestKey key = RunsFixture::Key(
      agency, "upload", type + std::to_string(static_cast<int>(kind)) + hash.substr(0, 16));
  absl::StatusOr<std::optional<std::string>> before = f.runs->FindAnswer(key);
  if (!before.ok() || before->has_value()) return before.status();
  absl::StatusOr<Runs::TicketPtr> ticket = f.runs->BeginUpload(agency, hash, kind, type);
  if (!ticket.ok()) return ticket.status();
  absl::StatusOr<UploadResult> result = write(**ticket);
  if (!result.ok()) return result.status();
  return f.runs->CompleteUpload(**ticket, *result, {}, key, "");
}

inline absl::Status HandTags(RunsFixture& f, const FakeAgency& agency, const std::string& hash,
                             int type, const std::string& type_name) {
  return Hand(f, agency.id, hash, UploadKind::kTags, type_name,
              [&](const Runs::Ticket& ticket) -> absl::StatusOr<UploadResult> {
                const std::string tags = agency.TagSet(type);
                auto upload = TagUpload::Create(f.fs, ticket.staging_path, tags.size() / 16, 1000);
                if (!upload.ok()) return upload.status();
                if (absl::Status s = (*upload)->Add(tags); !s.ok()) return s;
                return (*upload)->Finish();
              });
}

inline absl::Status HandRecords(RunsFixture& f, const FakeAgency& agency, const std::string& hash,
                                const FakeAgency::Shared& shared) {
  return Hand(f, agency.id, hash, UploadKind::kRecords, "",
              [&](const Runs::Ticket& ticket) -> absl::StatusOr<UploadResult> {
                const auto entries = agency.RecordsWith(shared);
                const auto& body = ticket.manifest->body();
                RecordUploadContext context{
                    ticket.agency_index,
                    {body.agencies().begin(), body.agencies().end()},
                    {body.identifier_types().begin(), body.identifier_types().end()},
                    std::vector<linkage::AgencyMask>(
                        static_cast<std::size_t>(body.identifier_types_size()), 0)};
                auto upload = RecordUpload::Create(f.fs, ticket.directory, ticket.staging_path,
                                                   context, entries.size(), {});
                if (!upload.ok()) return upload.status();
                for (const auto& entry : entries) {
                  if (absl::Status s = (*upload)->Add(entry); !s.ok()) return s;
                }
                return (*upload)->Finish();
              });
}

inline absl::Status HandReferences(RunsFixture& f, const FakeAgency& agency,
                                   const std::string& hash) {
  return Hand(f, agency.id, hash, UploadKind::kReferences, "",
              [&](const Runs::Ticket& ticket) -> absl::StatusOr<UploadResult> {
                v1::ReportReferencesRequest first;
                const bool links_blocks = ticket.manifest->body().has_plan();
                if (links_blocks) {
                  first.mutable_exposure()->set_records(agency.records.size());
                  first.mutable_exposure()->set_exposed(1);
                }
                auto upload = ReferenceUpload::Create(f.fs, ticket.directory, ticket.staging_path,
                                                      ticket.agency_index, links_blocks, first);
                if (!upload.ok()) return upload.status();
                const auto& names = ticket.manifest->body().agencies();
                absl::Status s = ForEachStored<StoredPair>(
                    f.fs, ticket.directory.Pairs(), kPairsMagic, [&](const StoredPair& pair) {
                      v1::PairReference reference;
                      reference.set_pair_id(crypto::ToString(pair.id));
                      reference.set_accepted(true);
                      reference.set_reference(
                          ReferenceOf(names[pair.first_agency], names[pair.second_agency],
                                      crypto::ToString(pair.agreed.front().bytes)));
                      return (*upload)->Add(reference);
                    });
                if (!s.ok()) return s;
                return (*upload)->Finish();
              });
}

// Encodes what the matcher asks for.
inline absl::Status HandEncodings(RunsFixture& f, const FakeAgency& agency,
                                  const std::string& hash) {
  return Hand(f, agency.id, hash, UploadKind::kEncodings, "",
              [&](const Runs::Ticket& ticket) -> absl::StatusOr<UploadResult> {
                const linkage::Profile profile =
                    authority::ToProfile(ticket.purpose->body().profile());
                std::string encodings;
                v1::UploadEncodingsHeader header;
                absl::Status s = ForEachStored<StoredTask>(
                    f.fs, ticket.directory.Tasks(ticket.agency_index), kTasksMagic,
                    [&](const StoredTask& task) {
                      encodings += agency.Encoding(profile, crypto::ToString(task.tag.bytes),
                                                   agency.RecordOf(crypto::ToString(task.handle)));
                      header.set_count(header.count() + 1);
                      return absl::OkStatus();
                    });
                if (!s.ok()) return s;
                *header.mutable_null_model() = FakeNullModel(profile.fields.size());
                auto upload = EncodingUpload::Create(f.fs, ticket.directory, ticket.staging_path,
                                                     ticket.agency_index, profile, header);
                if (!upload.ok()) return upload.status();
                if (absl::Status added = (*upload)->Add(encodings); !added.ok()) return added;
                return (*upload)->Finish();
              });
}

}  // namespace raakvlak::matcher::testing

#endif  // RAAKVLAK_SERVER_MATCHER_TESTING_HAND_IN_H_
