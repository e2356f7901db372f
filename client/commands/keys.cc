// raak keys: signing keys of people and programs, and the linkage keys' ceremony.
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "authority/key_text.h"
#include "client/commands/call.h"
#include "client/commands/commands.h"
#include "client/files.h"
#include "crypto/base/random.h"
#include "nlohmann/json.hpp"
#include "raakvlak/v1/stewardship.grpc.pb.h"

namespace raakvlak::client {
namespace {

struct KeyOptions {
  std::string file;
  std::string reason;
};

void PrintPublicKey(const crypto::SigningKey& key, Session& session) {
  const std::string text = authority::FormatVerifyKey(key.verify_key());
  if (session.json) {
    session.out() << nlohmann::ordered_json{{"public_key", text}}.dump(2) << "\n";
  } else {
    session.out() << text << "\n";
  }
}

void AddNewKey(CLI::App& keys, const std::shared_ptr<KeyOptions>& options, Session& session) {
  CLI::App* command = keys.add_subcommand("new", "Make a signing key (officer, node or matcher)");
  command->add_option("--out", options->file, "File to make; never overwritten")
      ->type_name("FILE")
      ->required();
  command->footer(
      "\nPrints the public key, which goes into the roster.\n\nExample:\n  raak keys new --out "
      "officer.key");
  command->callback([options, &session] {
    crypto::SystemRandom random;
    const crypto::SigningKey key = crypto::SigningKey::Generate(random);
    absl::Status status = WriteNewSecretFile(options->file, authority::FormatSigningKey(key));
    if (!status.ok()) return session.Finish(status);
    PrintPublicKey(key, session);
  });
}

void AddShowKey(CLI::App& keys, const std::shared_ptr<KeyOptions>& options, Session& session) {
  CLI::App* command = keys.add_subcommand("show", "The public key of a signing key");
  command->add_option("file", options->file, "Signing key")->required();
  command->footer("\nExample:\n  raak keys show officer.key");
  command->callback([options, &session] {
    auto key = ReadSigningKey(options->file);
    if (!key.ok()) return session.Finish(key.status());
    PrintPublicKey(*key, session);
  });
}

void AddCeremony(CLI::App& keys, const std::shared_ptr<KeyOptions>& options, Session& session) {
  CLI::App* command =
      keys.add_subcommand("ceremony", "Hold the key ceremony with every member of the roster");
  command->add_option("--reason", options->reason,
                      "Consent of the own node to replace a young epoch, for the audit log");
  command->footer(R"(
Every node must be up. The linkage keys come into being as shares, one at each node, in a new epoch; the
shares of the epoch before are erased. Any failure aborts and names who caused it; nothing changes then.
An epoch younger than a node's minimum_epoch_age (24 hours) is replaced under the same roster only with
the consent of that node's steward: --reason here for the own node, `raak keys consent` at the others.

Examples:
  raak --config police-steward.toml keys ceremony
  raak keys ceremony --reason "share of customs may have leaked")");
  command->callback([options, &session] {
    v1::CeremonyProgress last;
    absl::Status status = Call<v1::StewardshipService>(
        session, Peer::kNode, std::chrono::seconds(600),
        [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
          v1::RunCeremonyRequest request;
          request.set_request_id(NewRequestId());
          request.set_reason(options->reason);
          auto stream = stub.RunCeremony(&context, request);
          v1::CeremonyProgress progress;
          while (stream->Read(&progress)) {
            last = progress;
            session.Progress(absl::StrCat("ceremony: ", progress.step(), "  ",
                                          absl::StrJoin(progress.answered(), ", ")),
                             0, 0);
          }
          return stream->Finish();
        });
    session.EndProgress();
    if (!status.ok()) return session.Finish(status);
    if (session.json) {
      session.out() << nlohmann::ordered_json{{"epoch", last.epoch()}}.dump(2) << "\n";
    } else {
      session.out() << "the linkage keys of epoch " << last.epoch() << " are active\n";
    }
  });
}

void AddConsent(CLI::App& keys, const std::shared_ptr<KeyOptions>& options, Session& session) {
  CLI::App* command = keys.add_subcommand(
      "consent", "Let the own node take part in a ceremony although its epoch is young");
  command->add_option("--reason", options->reason, "Why; it goes into the audit log")->required();
  command->footer(R"(
Holds for an hour, for one new epoch, and until the node restarts. Needed only where the active epoch is
younger than the node's minimum_epoch_age: each epoch opens fresh budgets.

Example:
  raak keys consent --reason "share of customs may have leaked")");
  command->callback([options, &session] {
    v1::ConsentToCeremonyRequest request;
    request.set_request_id(NewRequestId());
    request.set_reason(options->reason);
    v1::ConsentToCeremonyResponse response;
    absl::Status status = Call<v1::StewardshipService>(
        session, Peer::kNode, kShortCall,
        [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
          return stub.ConsentToCeremony(&context, request, &response);
        });
    if (!status.ok()) return session.Finish(status);
    if (session.json) {
      session.out() << nlohmann::ordered_json{{"epoch", response.epoch()}}.dump(2) << "\n";
    } else {
      session.out() << "for an hour, epoch " << response.epoch() << " may be replaced here\n";
    }
  });
}

void AddKeyStatus(CLI::App& keys, Session& session) {
  CLI::App* command =
      keys.add_subcommand("status", "Epoch, linkage keys and what peers have spent here");
  command->footer("\nExample:\n  raak keys status --json");
  command->callback([&session] {
    v1::NodeStatus node;
    absl::Status status = Call<v1::StewardshipService>(
        session, Peer::kNode, kShortCall,
        [&](v1::StewardshipService::Stub& stub, grpc::ClientContext& context) {
          return stub.GetStatus(&context, v1::GetNodeStatusRequest(), &node);
        });
    if (!status.ok()) return session.Finish(status);
    if (session.json) {
      nlohmann::ordered_json out;
      out["agency"] = node.agency_id();
      out["epoch"] = node.epoch();
      out["keys"] = nlohmann::ordered_json::array();
      for (const v1::KeyStatus& key : node.keys()) {
        nlohmann::ordered_json entry;
        entry["type"] = key.identifier_type();
        entry["public_key"] = crypto::ToHex(crypto::AsBytes(key.public_key()));
        for (const v1::BudgetStatus& budget : key.budgets()) {
          entry["spent"][budget.requester()] = budget.spent();
        }
        out["keys"].push_back(std::move(entry));
      }
      session.out() << out.dump(2) << "\n";
      return;
    }
    if (node.epoch() == 0) {
      session.out() << node.agency_id()
                    << " holds no linkage keys yet; `raak keys ceremony` makes them\n";
      return;
    }
    session.out() << node.agency_id() << ", epoch " << node.epoch() << "\n\n";
    std::vector<std::vector<std::string>> rows = {{"type", "public key", "spent by peers"}};
    for (const v1::KeyStatus& key : node.keys()) {
      std::string spent;
      for (const v1::BudgetStatus& budget : key.budgets()) {
        absl::StrAppend(&spent, spent.empty() ? "" : ", ", budget.requester(), " ", budget.spent());
      }
      rows.push_back({key.identifier_type(), crypto::ToHex(crypto::AsBytes(key.public_key())),
                      spent.empty() ? "-" : spent});
    }
    session.out() << FormatTable(rows);
  });
}

}  // namespace

void AddKeys(CLI::App& app, Session& session) {
  auto options = std::make_shared<KeyOptions>();
  CLI::App* keys = app.add_subcommand("keys", "Signing keys, and the linkage keys' ceremony");
  keys->require_subcommand(1);
  AddNewKey(*keys, options, session);
  AddShowKey(*keys, options, session);
  AddCeremony(*keys, options, session);
  AddConsent(*keys, options, session);
  AddKeyStatus(*keys, session);
}

}  // namespace raakvlak::client
