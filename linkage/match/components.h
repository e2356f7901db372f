// Connected components of records by the pairs between them, in one array of four bytes a record.
#ifndef RAAKVLAK_LINKAGE_MATCH_COMPONENTS_H_
#define RAAKVLAK_LINKAGE_MATCH_COMPONENTS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace raakvlak::linkage {

// Not thread-safe.
class RecordComponents {
 public:
  // Records are counted from 0.
  explicit RecordComponents(std::size_t records) : of_(records, kNone) {}

  // Both records exist. Time nearly constant (union-find). Not after Number().
  void Link(std::uint32_t a, std::uint32_t b);
  // Numbers the components from 0, in order of their smallest record, and says how many there are.
  // At most once.
  std::uint32_t Number();
  // After Number(). A record without a link is in no component.
  bool IsLinked(std::uint32_t record) const { return of_[record] != kNone; }
  // After Number(), of a linked record.
  std::uint32_t NumberOf(std::uint32_t record) const { return of_[record]; }
  std::size_t records() const { return of_.size(); }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t RootOf(std::uint32_t record);

  // Before Number() a record on the way to its component's smallest one; after it the number.
  std::vector<std::uint32_t> of_;
};

}  // namespace raakvlak::linkage

#endif  // RAAKVLAK_LINKAGE_MATCH_COMPONENTS_H_
