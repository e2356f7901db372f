#!/usr/bin/env bash
# The attacks on a real run: nodes and a matcher of a capture build link made-up people over mutual TLS on loopback,
# and what they wrote down is attacked. `./dev bench attacks --real --help`.
set -euo pipefail

usage() {
  cat <<'HELP'
usage: ./dev bench attacks --real [--agencies N] [--records M] [--keep DIRECTORY]

  --agencies N       2 to 10 (default 2)
  --records M        people at each agency (default 20000), 30% of them known to all
  --keep DIRECTORY   copy the captures there: matcher.jsonl, agency-01.jsonl and on

Builds raak, the node, the matcher and two programs of bench/ in build-capture/ with -DRAAKVLAK_CAPTURE=ON, runs the
daemons, links the people by likeness (five fields), and attacks what the matcher held: alone, and with the block keys
that agency-02's node held. The nodes' captures tell which record is whose. Prints one JSON object:

  equal_pairs              pairs that agree in every field; `one_person` near 1 shows that capture and truth fit
  patterns_across_blocks   the most frequent slot (pair of slots) of surnames over all blocks, and how many would be as
                           frequent by chance; far below 1: encodings of different blocks have something in common
  matcher_alone            surnames guessed right by each attack; `blind` looks at no encoding
  matcher_with_agency      records of agency-01 that agency-02 does not know, and what opens of them

Captures hold keys: the daemons of build-capture/ are for this alone. Example:
  ./dev bench attacks --real --agencies 3 --records 20000
HELP
}

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then usage; exit 0; fi
bin=$(cd "$1" && pwd)
shift
count=2 records=20000 keep=""
while [ $# -gt 0 ]; do
  case "$1" in
    --agencies) count=$2; shift ;;
    --records) records=$2; shift ;;
    --keep) keep=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
agencies=()
for i in $(seq "$count"); do agencies+=("$(printf 'agency-%02d' "$i")"); done
types=(kvk)
profile='[profile]
fields = ["given_name", "surname", "date", "postcode", "phone"]
run_grant = 100000000'
out=$(mktemp -d)
. "$(dirname "$0")/../../demo/partnership.sh"
leave_nothing_behind

say "$count agencies, $records people each"
make_certificates
make_roster
make_purpose attacks "Attacks" 100000000
make_configuration
mkdir -p "$out/files"
"$bin/bench_people" "$out/files" "$count" "$records"
{
  printf 'record_id = "id"\n[columns]\nkvk = "kvk"\n[compare]\n'
  head -n 1 "$out/files/${agencies[0]}.csv" | tr ',' '\n' | tail -n +3 | sed 's/.*/& = "&"/'
} >"$out/files/schema.toml"

start_partnership
steward "${agencies[0]}" keys ceremony >&2
for a in "${agencies[@]}"; do
  steward "$a" submit "$out/files/$a.csv" --schema "$out/files/schema.toml" >&2
done
coordinator purpose register "$out/attacks.json" >&2
coordinator run start attacks --watch >&2
stop_partnership

# The capture of the only attempt of the only run; more of them would be somebody else's truth.
captured() { # captured DIRECTORY PATTERN
  local found
  mapfile -t found < <(find "$1" -name "$2")
  if [ "${#found[@]}" -ne 1 ]; then
    printf '%s captures of %s, not one: not a capture build, or the run was attempted again\n' \
      "${#found[@]}" "${1##*/}" >&2
    return 1
  fi
  printf '%s' "${found[0]}"
}
matcher=$(captured "$out/data/matcher" 'capture-*.jsonl')
nodes=()
for a in "${agencies[@]}"; do
  node=$(captured "$out/data/$a" '*-capture.jsonl')
  nodes+=(--node "$node")
  [ -z "$keep" ] || install -D -m 0600 "$node" "$keep/$a.jsonl"
done
[ -z "$keep" ] || install -D -m 0600 "$matcher" "$keep/matcher.jsonl"

say "attacking"
"$bin/bench_attacks" --agencies "$count" --records "$records" --capture "$matcher" "${nodes[@]}"
