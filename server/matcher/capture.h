// What the matcher holds in the course of a run that links blocks, written down for the programs
// that attack it (bench/attacks). Test builds only: the daemon has this if it was configured with
// -DRAAKVLAK_CAPTURE=ON, and tests/matcher_edge looks for it in the one that is shipped.
#ifndef RAAKVLAK_SERVER_MATCHER_CAPTURE_H_
#define RAAKVLAK_SERVER_MATCHER_CAPTURE_H_

#include <span>
#include <string>

#include "absl/status/status.h"
#include "server/common/fs.h"
#include "server/matcher/run_directory.h"
#include "server/matcher/run_records.h"

namespace raakvlak::matcher {

// One JSON object a line: the profile, {"fields": [["surname", "surname"], ..]}, name and kind;
// then
//   {"record": 4, "agency": 0, "handle": "<hex>"}
// for each record that an agency handed in,
//   {"pair": [0, 1], "key": 3, "tag": "<hex>", "a": [4, 17], "b": [2]}
// for each block that two agencies share, with the numbers of its records on both sides, and
//   {"pair": [0, 1], "key": 3, "tag": "<hex>", "compare": [4, 2], "encodings": ["<hex>", "<hex>"]}
// for each candidate pair. `key` counts the planned keys from 0. Needs the files of ENCODING.
absl::Status CaptureRun(common::FileSystem& fs, const RunDirectory& directory,
                        const StageContext& context, std::span<const UnconfirmedPair> unconfirmed,
                        const std::string& path);

}  // namespace raakvlak::matcher

#endif  // RAAKVLAK_SERVER_MATCHER_CAPTURE_H_
