// Hostile encodings and null models: each is refused and leaves no file behind.
#include "server/matcher/encoding_upload.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "linkage/score/encoding_layout.h"
#include "server/common/testing/temp_dir.h"
#include "server/matcher/testing/fake_agency.h"

namespace raakvlak::matcher {
namespace {

class EncodingUploadTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kTasks = 3;

  void SetUp() override {
    profile_.fields = {{"name", linkage::FieldKind::kCompanyName},
                       {"town", linkage::FieldKind::kPlace}};
    ASSERT_TRUE(fs_.MakePrivateDirectory(directory_.path()).ok());
    auto writer = FramedWriter::Create(fs_, directory_.Tasks(0), kTasksMagic);
    ASSERT_TRUE(writer.ok());
    for (std::uint64_t i = 0; i < kTasks; ++i) {
      ASSERT_TRUE((*writer)->Add(Encode(StoredTask{})).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    header_.set_count(kTasks);
    *header_.mutable_null_model() = testing::FakeNullModel(profile_.fields.size());
  }

  std::string Good(std::size_t count) const {
    return std::string(count * linkage::EncodedSize(profile_), '\0');
  }
  absl::Status Upload(const v1::UploadEncodingsHeader& header,
                      const std::vector<std::string>& messages) {
    auto upload = EncodingUpload::Create(fs_, directory_, dir_ / "in", 0, profile_, header);
    if (!upload.ok()) return upload.status();
    for (const std::string& message : messages) {
      if (absl::Status s = (*upload)->Add(message); !s.ok()) return s;
    }
    return (*upload)->Finish().status();
  }

  common::testing::TempDir dir_;
  common::PosixFileSystem fs_;
  RunDirectory directory_{dir_.path(), "run", 1};
  linkage::Profile profile_;
  v1::UploadEncodingsHeader header_;
};

TEST_F(EncodingUploadTest, WhatWasAskedForIsTakenIn) {
  EXPECT_TRUE(Upload(header_, {Good(1), "", Good(2)}).ok());
  auto reader = FramedReader::Open(fs_, dir_ / "in", kEncodingsMagic);
  ASSERT_TRUE(reader.ok());
  auto first = (*reader)->Next();
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ(crypto::ToString(**first), header_.null_model().SerializeAsString());
  for (std::uint64_t i = 0; i < kTasks; ++i) {
    auto frame = (*reader)->Next();
    ASSERT_TRUE(frame.ok() && frame->has_value());
    EXPECT_EQ(crypto::ToString(**frame), Good(1));
  }
  auto end = (*reader)->Next();
  EXPECT_TRUE(end.ok() && !end->has_value());
}

TEST_F(EncodingUploadTest, HostileEncodings) {
  std::string heavy = Good(1);
  heavy[linkage::kPresenceBytes + 2 * linkage::kValueTagBytes +
        linkage::SlotBytes(linkage::FieldKind::kCompanyName) + linkage::kWordBytes] = 17;
  std::string third_field = Good(1);
  third_field[0] = 4;
  v1::UploadEncodingsHeader two = header_;
  two.set_count(2);
  v1::UploadEncodingsHeader many = header_;
  many.set_count(std::numeric_limits<std::uint64_t>::max());
  const std::string split = Good(3);
  const std::vector<std::pair<const char*, std::function<absl::Status()>>> cases = {
      {"one too few", [&] { return Upload(header_, {Good(2)}); }},
      {"one too many", [&] { return Upload(header_, {Good(4)}); }},
      {"one too many over messages",
       [&] {
         return Upload(header_, {Good(3), Good(1)});
       }},
      {"fewer announced than asked for", [&] { return Upload(two, {Good(2)}); }},
      {"more announced than asked for", [&] { return Upload(many, {Good(3)}); }},
      {"a byte short", [&] { return Upload(header_, {Good(3).substr(1)}); }},
      {"a byte long", [&] { return Upload(header_, {Good(3) + "x"}); }},
      {"an encoding split over messages",
       [&] {
         return Upload(header_, {split.substr(0, 100), split.substr(100)});
       }},
      {"a message too long", [&] { return Upload(header_, {std::string(1'048'577, '\0')}); }},
      {"a word that weighs too much",
       [&] {
         return Upload(header_, {heavy, Good(2)});
       }},
      {"a field that the profile does not have",
       [&] {
         return Upload(header_, {Good(2), third_field});
       }},
  };
  for (const auto& [name, attack] : cases) {
    EXPECT_EQ(attack().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_FALSE(fs_.Exists(dir_ / "in") || fs_.Exists((dir_ / "in") + ".tmp")) << name;
  }
}

TEST_F(EncodingUploadTest, NullModelsThatMakeNoSense) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  using Change = std::function<void(v1::NullModel&)>;
  const std::vector<std::pair<const char*, Change>> cases = {
      {"a field too few", [](auto& m) { m.mutable_independent()->RemoveLast(); }},
      {"a field too many", [](auto& m) { *m.add_independent() = m.independent(0); }},
      {"four levels", [](auto& m) { m.mutable_independent(1)->mutable_chances()->RemoveLast(); }},
      {"six levels", [](auto& m) { m.mutable_independent(1)->add_chances(0); }},
      {"no number", [=](auto& m) { m.mutable_independent(0)->set_chances(2, nan); }},
      {"infinite",
       [](auto& m) {
         m.mutable_independent(0)->set_chances(2, std::numeric_limits<double>::infinity());
       }},
      {"negative",
       [](auto& m) {
         m.mutable_independent(0)->set_chances(0, -0.1);
         m.mutable_independent(0)->set_chances(4, 1);
       }},
      {"more than 1 in all", [](auto& m) { m.mutable_independent(0)->set_chances(0, 0.9); }},
      {"less than 1 in all", [](auto& m) { m.mutable_independent(0)->set_chances(4, 0); }},
      {"no class", [](auto& m) { m.clear_classes(); }},
      {"nine classes",
       [](auto& m) {
         m.mutable_classes(0)->set_weight(1.0 / 9);
         while (m.classes_size() < 9) *m.add_classes() = m.classes(0);
       }},
      {"weights over 1", [](auto& m) { *m.add_classes() = m.classes(0); }},
      {"a weight that is no number", [=](auto& m) { m.mutable_classes(0)->set_weight(nan); }},
      {"a class with a field too few",
       [](auto& m) { m.mutable_classes(0)->mutable_chances()->RemoveLast(); }},
      {"a class that does not add up",
       [](auto& m) { m.mutable_classes(0)->mutable_chances(0)->set_chances(4, 0); }},
      {"a block chance over 1", [](auto& m) { m.set_block_chance(1.5); }},
      {"a block chance that is no number", [=](auto& m) { m.set_block_chance(nan); }},
      {"more pairs than there are",
       [](auto& m) { m.set_block_pairs(std::numeric_limits<std::uint64_t>::max()); }},
  };
  for (const auto& [name, change] : cases) {
    v1::UploadEncodingsHeader header = header_;
    change(*header.mutable_null_model());
    EXPECT_EQ(Upload(header, {Good(3)}).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  v1::UploadEncodingsHeader none = header_;
  none.clear_null_model();
  EXPECT_EQ(Upload(none, {Good(3)}).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace raakvlak::matcher
