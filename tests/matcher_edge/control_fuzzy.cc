// Makes blocks and encodings, as only nodes may: the check has to find it.
#include "linkage/fuzzy/blocks.h"
#include "linkage/fuzzy/encoder.h"

int main(int argc, char** argv) {
  raakvlak::linkage::Profile profile;
  profile.fields = {{"name", raakvlak::linkage::FieldKind::kSurname}};
  raakvlak::linkage::RecordTable table;
  table.columns = {{argv[0]}};
  const auto plan = raakvlak::linkage::PlanBlocking(profile, table, {});
  const auto blocks = raakvlak::linkage::MakeBlocks(profile, plan, table, nullptr);
  const std::uint8_t secret[16] = {static_cast<std::uint8_t>(argc)};
  const raakvlak::linkage::RecordEncoder encoder(profile, table, secret);
  const auto key = raakvlak::linkage::DeriveBlockKey(secret, "block-01", secret);
  return argc > 5 && blocks.empty() && encoder.Encode(key, table, 0).empty() ? 1 : 0;
}
