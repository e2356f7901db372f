// Published attacks on keyed encodings of names, on what the matcher of a run holds.
//
// Each guesses surnames (and the collusion whole records) from a capture and a public list of
// names; what came of it is counted by those who know the truth. Pure functions; deterministic.
// Sources: frequency: Niedermeyer et al. (2014); pattern mining: Christen et al. (2018); graph
// matching and similarity tables: Vidanage et al. (2020); collusion: a dictionary under the block's
// key.
#ifndef RAAKVLAK_BENCH_ATTACKS_ATTACKS_H_
#define RAAKVLAK_BENCH_ATTACKS_ATTACKS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/attacks/capture.h"
#include "bench/attacks/dutch_people.h"

namespace raakvlak::bench {

// What an attacker takes a record's surname for.
using Guesses = std::map<Handle, std::string>;

// Handles that bear one surname by all that the matcher can see: exact agreement within a block,
// followed from block to block, as a handle is the same in all of them.
std::vector<std::vector<Handle>> SurnameClusters(const Capture& capture);

// The i-th largest cluster bears the i-th most frequent surname.
Guesses FrequencyAttack(const Capture& capture, const PublicNames& surnames);

// Everybody has the most frequent surname: what an attacker reaches without any encoding.
Guesses BlindGuess(const Capture& capture, const PublicNames& surnames);

// Clusters and how alike their surnames are make a graph; so do public names. The likeliest pairs
// of names that are just so alike are laid over the graph's edges, starting where most is known,
// and what has a name helps to name its neighbours.
Guesses GraphAttack(const Capture& capture, const PublicNames& surnames);

// Where slots are looked for that come together often.
enum class PatternScope {
  kWithinBlocks,  // in each block by itself: one key
  kAcrossBlocks,  // in all at once, as if all had one key
};

// Slots that come together are taken for bigrams about as frequent among public names; those who
// have them are told apart further by what is frequent among them, and so are the others. What a
// record is taken for most often counts.
Guesses PatternAttack(const Capture& capture, const PublicNames& surnames, PatternScope scope);

// How often the most frequent pattern stands in surnames of different blocks, one a block; and how
// many patterns would be as frequent if all were equally likely. Far below 1: equal bigrams are
// alike in several blocks.
struct PatternCount {
  std::size_t largest = 0;
  double mean = 0;
  double expected_as_large = 0;
};
struct PatternStatistics {
  std::size_t blocks = 0;
  PatternCount slots;
  PatternCount pairs;  // of slots
};
PatternStatistics PatternsAcrossBlocks(const Capture& capture);

// How alike a surname is to all that it was compared with is a row; each public name has such a row
// as well, over names drawn by frequency. The name whose row makes the one seen likeliest.
Guesses SimilarityTableAttack(const Capture& capture, const PublicNames& surnames);

struct CollusionEffort {
  // Records that are tried: of the first agency of a pair.
  std::set<Handle> targets;
  // Blocks that are tried and most frequent surnames that are looked up in each; both bound the
  // work, not what could be done.
  std::size_t max_blocks = 100;
  std::size_t dictionary = 100'000;
};

struct CollusionResult {
  std::size_t blocks = 0;
  std::set<Handle> tried;
  Guesses surnames;
  std::map<Handle, std::string> birth_dates;  // yyyymmdd
};

// The second agency of each pair gives the matcher the keys of the blocks that it shares with the
// first: every target in such a block is tried against a dictionary of surnames, and its date of
// birth is read digit by digit.
CollusionResult CollusionAttack(const Capture& capture, const BlockKeys& keys,
                                const PublicNames& surnames, const CollusionEffort& effort);

}  // namespace raakvlak::bench

#endif  // RAAKVLAK_BENCH_ATTACKS_ATTACKS_H_
