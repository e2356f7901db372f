#!/bin/bash
# The security claim of the matcher as a test: it contains no code that blinds, evaluates,
# normalises, or makes blocks and encodings, so nobody who takes it over gains the means to test
# guesses. Comparing encodings and scoring (linkage/score) it may.
#
#   check.sh includes ROOT DIRECTORY   first-party headers that DIRECTORY's sources reach
#   check.sh symbols BINARY            what is linked into BINARY
#   check.sh capture BINARY            whether BINARY is a test build that writes down what it sees,
#                                      which neither the matcher nor a node may be
#
# Exit 0 when clean, 1 with every finding named, 2 when the check itself could not be made.
set -u
export LC_ALL=C

includes() {
  local root=$1 directory=$2
  cd "$root" || exit 2
  local -A seen=()
  local -a queue=()
  local file included findings=0
  for file in "$directory"/*.h "$directory"/*.cc; do
    case $file in *_test.cc) continue ;; esac
    [ -e "$file" ] || continue
    queue+=("$file")
    seen[$file]=$file
  done
  if [ ${#queue[@]} -eq 0 ]; then
    echo "no sources in $directory"
    exit 2
  fi
  while [ ${#queue[@]} -gt 0 ]; do
    file=${queue[0]}
    queue=("${queue[@]:1}")
    while read -r included; do
      case $included in
        crypto/oprf/* | crypto/batch/* | linkage/normalise/* | linkage/fuzzy/* | dataset/* | \
          server/node/* | client/* | unicode/* | phonenumbers/*)
          echo "forbidden include: ${seen[$file]} -> $included"
          findings=1
          ;;
      esac
      # Also what a header's own .cc includes is linked with it, but symbols tell that.
      if [ -e "$included" ] && [ -z "${seen[$included]:-}" ]; then
        seen[$included]="${seen[$file]} -> $included"
        queue+=("$included")
      fi
    done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]([^">]+)[">].*/\1/p' "$file")
  done
  echo "${#seen[@]} files looked at"
  return $findings
}

# Names as nm gives them, of a binary of ours.
capture_code() {
  grep -E 'raakvlak::(matcher::CaptureRun|node::TaskCapture)' <<<"$1" | head -20
}

capture() {
  local names found
  names=$(nm -C "$1" 2>/dev/null) || exit 2
  if ! grep -q 'raakvlak::' <<<"$names"; then
    echo "$1 has no symbols to look at"
    exit 2
  fi
  found=$(capture_code "$names")
  if [ -n "$found" ]; then
    echo "forbidden: a test build that writes down what it sees:"
    echo "$found"
    return 1
  fi
  echo "$(wc -l <<<"$names") symbols looked at"
}

symbols() {
  local binary=$1 names needed findings=0
  names=$(nm -C "$binary" 2>/dev/null) || exit 2
  # A binary without its own names would pass unseen.
  if ! grep -q 'raakvlak::' <<<"$names"; then
    echo "$binary has no symbols to look at"
    exit 2
  fi
  local own='raakvlak::(crypto::(Blind|Unblinder|EvaluateChunk|VerifyChunk|CombineChunk|FinalizeChunk|OprfInput|GenerateProof|VerifyProof|ExpandMessageXmd|HashToGroup|LagrangeAtZero|InterpolateAtZero|RunTagger|Committee|Element|Scalar|SecretScalar|SecretPolynomial|Kernels|PointVector|BaseTable|Dkg[A-Za-z]*|AutoKernels|KernelsByName|PortableKernels)|linkage::(Normalise|Parse(Company|Person)Name|ParseBirthDate|FoldText|PersonName|CompanyName|BirthDate|Compact|RecordEncoder|DeriveBlockKey|BigramOverlap|CompanyWordWeights|MakeBlocks|PlanBlocking|Component(Value|sOf)|MakeComponentColumn|PhoneticKey|CorruptRecords|PrepareRecords|LenientDate|ScoreNamePairs)|dataset::|node::)[A-Za-z]*\b'
  local found
  found=$(grep -E "$own" <<<"$names" | head -20)
  if [ -n "$found" ]; then
    echo "forbidden code of our own:"
    echo "$found"
    findings=1
  fi
  found=$(capture_code "$names")
  if [ -n "$found" ]; then
    echo "forbidden: a test build that writes down what it sees"
    findings=1
  fi
  found=$(grep -E 'crypto_(core|scalarmult)_ristretto255' <<<"$names" | head -20)
  if [ -n "$found" ]; then
    echo "forbidden curve code:"
    echo "$found"
    findings=1
  fi
  found=$(grep -E '\bicu(_[0-9]+)?::|\b(u|unorm2?|ucnv|utrans|ucol)_[a-zA-Z]+_[0-9]+\b|i18n::phonenumbers::' <<<"$names" | head -20)
  if [ -n "$found" ]; then
    echo "forbidden normalising code:"
    echo "$found"
    findings=1
  fi
  needed=$(readelf -d "$binary" | grep NEEDED) || exit 2
  found=$(grep -E 'libphonenumber|libicui18n|libicuuc' <<<"$needed")
  if [ -n "$found" ]; then
    echo "forbidden libraries:"
    echo "$found"
    findings=1
  fi
  echo "$(wc -l <<<"$names") symbols looked at"
  return $findings
}

case ${1:-} in
  includes) includes "$2" "$3" ;;
  symbols) symbols "$2" ;;
  capture) capture "$2" ;;
  *)
    echo "usage: check.sh includes ROOT DIRECTORY | symbols BINARY | capture BINARY" >&2
    exit 2
    ;;
esac
