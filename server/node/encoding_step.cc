#include "server/node/encoding_step.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "crypto/base/bytes.h"
#include "linkage/fuzzy/encoder.h"
#include "linkage/fuzzy/learn_null_model.h"
#include "server/common/null_model_wire.h"
#ifdef RAAKVLAK_CAPTURE
#include "server/node/capture.h"
#endif
#include "server/node/encoding_tasks.h"
#include "server/node/mesh/blame.h"
#include "server/node/status_macros.h"

namespace raakvlak::node {

using crypto::SecretAccess;

namespace {

constexpr std::string_view kLabel = "encodings";
constexpr int kMaxTasksPerMessage = 8192;

std::string Path(const RunFiles& files) { return files.directory() + "/encodings"; }

// The key of the block that the last task was of: tasks of one block follow each other.
class BlockKeys {
 public:
  explicit BlockKeys(const EncodingStepInput& input) : input_(input) {}
  ~BlockKeys() { sodium_memzero(key_.data(), key_.size()); }
  BlockKeys(const BlockKeys&) = delete;
  BlockKeys& operator=(const BlockKeys&) = delete;

  absl::StatusOr<const linkage::BlockKey*> Of(const CheckedTask& task) {
    const Place place{task.counterpart, task.type_index, task.tag};
    if (place_ != place) {
      place_.reset();
      NODE_ASSIGN_OR_RETURN(crypto::Secret<64> key,
                            input_.block_key(input_.agencies[task.counterpart],
                                             input_.identifier_types[task.type_index],
                                             task.block_secret.Reveal(SecretAccess{})));
      const auto bytes = key.Reveal(SecretAccess{});
      std::copy(bytes.begin(), bytes.end(), key_.begin());
      place_ = place;
    }
    return &key_;
  }

 private:
  struct Place {
    std::uint8_t counterpart;
    std::uint8_t type_index;
    crypto::RunTag tag;
    bool operator==(const Place&) const = default;
  };
  const EncodingStepInput& input_;
  std::optional<Place> place_;
  linkage::BlockKey key_{};
};

v1::NullModel OwnNullModel(const EncodingStepInput& input,
                           std::span<const std::uint8_t, 16> dummy_key, crypto::Random& random) {
  linkage::NullModelOptions options;
  std::array<std::uint8_t, 8> seed;
  random.Fill(seed);
  crypto::ByteReader in(seed);
  options.seed = in.U64();
  return common::NullModelToWire(
      linkage::LearnNullModel(input.profile, *input.table, *input.blocks, dummy_key, options));
}

}  // namespace

bool HaveEncodings(const RunFiles& files) { return files.seal().fs->Exists(Path(files)); }

absl::Status MakeEncodings(const EncodingStepInput& input, const RunFiles& files,
                           std::stop_token stop) {
  NODE_ASSIGN_OR_RETURN(auto checker, TaskChecker::Create(input.identifier_types, input.agencies,
                                                          files, input.sort_memory_bytes, stop));
  const crypto::Secret<16> dummy_key = files.seal().random->NewSecret<16>();
  NODE_ASSIGN_OR_RETURN(auto out, RecordFileWriter::Create(files.seal(), Path(files), kLabel));
  const v1::NullModel null_model =
      OwnNullModel(input, dummy_key.Reveal(SecretAccess{}), *files.seal().random);
  NODE_RETURN_IF_ERROR(out->Add(crypto::AsBytes(null_model.SerializeAsString())));

  const linkage::RecordEncoder encoder(input.profile, *input.table,
                                       dummy_key.Reveal(SecretAccess{}));
  BlockKeys keys(input);
#ifdef RAAKVLAK_CAPTURE
  TaskCapture capture;
#endif
  auto encode = [&](const v1::EncodingTaskChunk& chunk) -> absl::Status {
    if (chunk.tasks_size() > kMaxTasksPerMessage) {
      return BlamedError(absl::StatusCode::kInvalidArgument, "matcher",
                         "it sent more than 8,192 tasks for encodings in one message");
    }
    for (const v1::EncodingTask& task : chunk.tasks()) {
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      NODE_ASSIGN_OR_RETURN(CheckedTask checked, checker->Check(task));
      if (checked.record >= input.table->rows()) {
        return absl::DataLossError("the dataset is shorter than the run's tags say");
      }
      NODE_ASSIGN_OR_RETURN(const linkage::BlockKey* key, keys.Of(checked));
      NODE_RETURN_IF_ERROR(
          out->Add(crypto::AsBytes(encoder.Encode(*key, *input.table, checked.record))));
#ifdef RAAKVLAK_CAPTURE
      capture.Add(task.handle(), input.identifier_types[checked.type_index], checked, *key);
#endif
    }
    return absl::OkStatus();
  };
  NODE_RETURN_IF_ERROR(input.fetch_tasks(encode));
#ifdef RAAKVLAK_CAPTURE
  NODE_RETURN_IF_ERROR(capture.Write(files));
#endif
  return out->Finish();
}

absl::StatusOr<EncodingReader> EncodingReader::Open(const RunFiles& files) {
  NODE_ASSIGN_OR_RETURN(auto file, RecordFileReader::Open(files.seal(), Path(files), kLabel));
  EncodingReader reader(std::move(file));
  NODE_ASSIGN_OR_RETURN(bool begun, reader.file_->Next());
  crypto::ByteView body = begun ? reader.file_->record() : crypto::ByteView();
  if (!begun || !reader.null_model_.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::DataLossError("the stored encodings have no null model");
  }
  return reader;
}

absl::StatusOr<bool> EncodingReader::Next() { return file_->Next(); }

}  // namespace raakvlak::node
