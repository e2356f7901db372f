# What the end-to-end trials share: a partnership of real processes in a temporary folder on free ports,
# and assertions. Sourced with the folder of the programs as $1; sets $bin, $out, $agencies, $types.
# shellcheck shell=bash
bin=$(cd "$1" && pwd)
out=$(mktemp -d)
agencies=(customs police tax)
types=(iban kvk)
# Below the ports of outgoing connections, and elsewhere than the demo; free_port() skips taken ones.
RAAKVLAK_PORT=${RAAKVLAK_PORT:-$((18000 + RANDOM % 14000))}
. "$(dirname "${BASH_SOURCE[0]}")/../../demo/partnership.sh"

leave_nothing_behind

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# expect CODE PATTERN COMMAND...: the exit code, and an extended regular expression in what it prints.
expect() {
  local code=$1 pattern=$2 got=0
  shift 2
  "$@" >"$out/said" 2>&1 || got=$?
  [ "$got" -eq "$code" ] || fail "$* exited with $got, not $code: $(cat "$out/said")"
  grep -Eq -- "$pattern" "$out/said" || fail "$* does not say '$pattern': $(cat "$out/said")"
}

# Certificates, keys, roster, purpose "trial" and configuration; nothing runs yet.
prepare_partnership() {
  say "preparing"
  make_certificates
  make_roster
  make_purpose trial "A trial"
  make_configuration
}

# Daemons, ceremony, purpose; the files of all agencies are handed in, RECORDS each.
open_partnership() { # open_partnership RECORDS
  local a
  say "starting"
  start_partnership
  expect 0 'epoch 1 are active' steward police keys ceremony
  coordinator purpose register "$out/trial.json" >/dev/null
  make_files "$1"
  for a in "${agencies[@]}"; do
    steward "$a" submit "$out/$a.csv" --schema "$out/schema.toml" >/dev/null 2>&1
  done
}

# RECORDS rows an agency, with company numbers of which every two neighbours share a third and all share
# the first twenty.
make_files() { # make_files RECORDS
  local i=0 a
  printf 'record_id = "id"\n[columns]\nkvk = "kvk"\n' >"$out/schema.toml"
  for a in "${agencies[@]}"; do
    awk -v n="$1" -v offset="$i" -v agency="$a" 'BEGIN {
      print "id,kvk"
      for (k = 0; k < 20; ++k) printf "%s-%d,%08d\n", agency, k, 10000000 + k
      for (k = 20; k < n; ++k) printf "%s-%d,%08d\n", agency, k, 20000000 + k + int(offset * n * 2 / 3)
    }' >"$out/$a.csv"
    i=$((i + 1))
  done
}

state_of() { coordinator --json run show "$1" | sed -n 's/^  "state": "\(.*\)",$/\1/p'; }
reach_state() { [ "$(state_of "$1")" = "$2" ]; }

# The references of a finished run, sorted.
references_of() {
  coordinator --json report "$1" --out "$out/$1-report.json" >/dev/null 2>&1
  sed -n 's/^ *"reference": "\(.*\)",\{0,1\}$/\1/p' "$out/$1-report.json" | sort
}

pid_of() { awk -v name="$1" '$2 == name { pid = $1 } END { print pid }' "$out/pids"; }

# Ends a daemon with a signal and waits until it is gone.
end_daemon() { # end_daemon NAME SIGNAL
  local pid
  pid=$(pid_of "$1")
  kill "-$2" "$pid"
  wait "$pid" 2>/dev/null || true
}

start_again() { # start_again NAME
  if [ "$1" = matcher ]; then
    start_daemon matcher raakvlak-matcher "$out/matcher-daemon.toml"
  else
    start_daemon "$1" raakvlak-node "$out/$1-node.toml"
  fi
}
