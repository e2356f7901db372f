#!/usr/bin/env bash
# The demo: run.sh BIN [--keep] [--records N] [--seed N] [--out FOLDER]
# Three agencies and a matcher as real processes over mutual TLS on loopback, from sample files to a report
# that is held against the planted truth. Exit 0 only if every planted hit was reported and nothing else.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: ./dev demo [--keep] [--records N] [--seed N] [--out FOLDER]

  --keep          leave everything running, and say what to type next
  --records N     records an agency (default 20000)
  --seed N        other files (default 1)
  --out FOLDER    where everything goes (default demo-out)

Example: ./dev demo --keep --records 5000
EOF
}

bin=$(cd "$1" && pwd)
shift
keep=0 records=20000 seed=1 out=demo-out
while [ $# -gt 0 ]; do
  case "$1" in
    --keep) keep=1 ;;
    --records | --seed | --out)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      printf -v "${1#--}" '%s' "$2"
      shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
agencies=(customs police tax)
types=(iban kvk name_birth_date phone)
. "$(dirname "$0")/partnership.sh"

# What an earlier demo left running, and its files; never a folder that is something else.
if [ -e "$out" ] && [ ! -f "$out/.raakvlak-demo" ]; then
  printf '%s exists and is not a demo folder; name another with --out\n' "$out" >&2
  exit 2
fi
stop_partnership
rm -rf "$out"
mkdir -p "$out"
chmod 700 "$out"
out=$(cd "$out" && pwd)
touch "$out/.raakvlak-demo"

finish() {
  local code=$?
  trap - EXIT
  if [ "$code" -ne 0 ] && [ -d "$out/log" ]; then
    say "the demo did not succeed; the last lines of the logs in $out/log:"
    tail -n 3 "$out"/log/*.log >&2 || true
  fi
  if [ "$keep" -eq 0 ] || [ "$code" -ne 0 ]; then stop_partnership; fi
  exit "$code"
}
# What the run did: identifiers of all agencies over the time of the whole run, and what each process
# needed at most (VmHWM).
show_figures() {
  local a pid name identifiers=0 peaks=
  for a in "${agencies[@]}"; do
    identifiers=$((identifiers + $(steward "$a" --json status | sed -n 's/^ *"identifiers": \([0-9]*\),$/\1/p' | head -n 1)))
  done
  while read -r pid name; do
    peaks+=" $name $(awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status") MiB"
  done <"$out/pids"
  awk -v n="$identifiers" -v from="$started" -v to="$ended" -v peaks="$peaks" 'BEGIN {
    printf "%d identifiers in %.1f s: %d identifiers per second; peak memory:%s\n", n, to - from, n / (to - from), peaks }'
}
trap finish EXIT
trap 'exit 130' INT TERM

say "sample files: ${#agencies[@]} agencies, $records records each"
"$bin/raakvlak-demo-generate" --out "$out/files" --seed "$seed" --records "$records"
cp "$partnership_here"/schemas/*.toml "$out/files/"

say "certificates, keys, and a roster and a purpose signed by the officers of all three agencies"
make_certificates
make_roster
make_purpose harbour "Demo: the harbour"
"$bin/raak" roster verify "$out/roster.json"
"$bin/raak" purpose verify "$out/harbour.json" --roster "$out/roster.json"
make_configuration

say "starting one matcher and three nodes"
start_partnership

say "key ceremony: shares of ${#types[@]} linkage keys, no dealer"
steward police keys ceremony

say "three stewards check and submit"
for a in "${agencies[@]}"; do
  "$bin/raak" --json check "$out/files/$a.csv" --schema "$out/files/$a.toml" >"$out/files/$a-quality.json"
  steward "$a" submit "$out/files/$a.csv" --schema "$out/files/$a.toml"
done

say "the coordinator registers the purpose and starts a run"
coordinator purpose register "$out/harbour.json"
started=$EPOCHREALTIME
coordinator run start harbour --watch
ended=$EPOCHREALTIME
show_figures

say "the report"
coordinator report harbour-1
coordinator --json report harbour-1 --out "$out/report.json"
coordinator report harbour-1 --csv --out "$out/report.csv"
matches=()
for a in "${agencies[@]}"; do
  steward "$a" --json matches harbour-1 >"$out/$a-matches.json"
  matches+=("$a=$out/$a-matches.json")
done

say "against the planted truth"
"$bin/raakvlak-demo-verify" --truth "$out/files/truth.json" --report "$out/report.json" "${matches[@]}"

if [ "$keep" -eq 1 ]; then
  cat <<EOF

Everything keeps running. Try:
  $bin/raak --config $out/police-steward.toml matches
  $bin/raak --config $out/police-steward.toml status
  $bin/raak --config $out/coordinator.toml run start harbour --watch
  $bin/raak --config $out/coordinator.toml report harbour-2
Stop it with:
  kill \$(cut -d' ' -f1 $out/pids)
EOF
  disown -a
fi
