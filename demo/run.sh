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
    --records) records=$2; shift ;;
    --seed) seed=$2; shift ;;
    --out) out=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
here=$(cd "$(dirname "$0")" && pwd)
agencies=(customs police tax)

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# What an earlier demo left running, and its files.
if [ -f "$out/pids" ]; then
  while read -r pid; do
    case "$(readlink "/proc/$pid/exe" 2>/dev/null || true)" in
      */raakvlak-node | */raakvlak-matcher) kill "$pid" 2>/dev/null || true ;;
    esac
  done <"$out/pids"
  sleep 1
fi
rm -rf "$out"
mkdir -p "$out"/{data,keys,log}
out=$(cd "$out" && pwd)
chmod 700 "$out"

stop() {
  local pid pids=()
  [ -f "$out/pids" ] && mapfile -t pids <"$out/pids"
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -f "$out/pids"
}
finish() {
  local code=$?
  if [ "$code" -ne 0 ]; then
    say "the demo failed; the logs:"
    tail -n 5 "$out"/log/*.log >&2 || true
  fi
  if [ "$keep" -eq 0 ] || [ "$code" -ne 0 ]; then stop; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A port that nothing listens on, and that is not handed out to outgoing connections.
next_port=${RAAKVLAK_DEMO_PORT:-17440}
free_port() {
  while (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do next_port=$((next_port + 1)); done
  printf -v "$1" '%s' "$next_port"
  next_port=$((next_port + 1))
}

say "sample files: 3 agencies, $records records each"
"$bin/raakvlak-demo-generate" --out "$out/data" --seed "$seed" --records "$records"
cat >"$out/data/customs.toml" <<'EOF'
record_id = "id"
[columns]
kvk = "kvk"
rekening = "iban"
tel = "phone"
[[name_birth_date]]
given = "voornaam"
prefix = "voorvoegsel"
surname = "achternaam"
birth_date = "geboren"
EOF
cat >"$out/data/police.toml" <<'EOF'
record_id = "zaak"
[columns]
"KvK-nummer" = "kvk"
IBAN = "iban"
telefoon = "phone"
[[name_birth_date]]
name = "naam"
birth_date = "geboortedatum"
EOF
cat >"$out/data/tax.toml" <<'EOF'
record_id = "dossier"
[columns]
handelsregister = "kvk"
bankrekening = "iban"
mobiel = "phone"
[[name_birth_date]]
name = "naam"
birth_date = "gebdat"
EOF

say "certificates and keys"
identities=(matcher=raakvlak:matcher coordinator=raakvlak:coordinator)
for a in "${agencies[@]}"; do
  identities+=("$a-node=raakvlak:node:$a" "$a-steward=raakvlak:steward:$a")
done
"$here/certificates.sh" "$out/certs" "${identities[@]}"

free_port matcher_port
{
  cat <<EOF
partnership = "Demo partnership"
not_after = $(date -u -d '+1 year' +%F)
identifier_types = ["iban", "kvk", "name_birth_date", "phone"]
coordinators = ["uri:raakvlak:coordinator"]
[matcher]
endpoint = "localhost:$matcher_port"
identities = ["uri:raakvlak:matcher"]
signing_key = "$("$bin/raak" keys new --out "$out/keys/matcher.key")"
EOF
  for a in "${agencies[@]}"; do
    free_port port
    cat <<EOF
[[member]]
agency_id = "$a"
display_name = "${a^}"
contact_desk = "desk@$a.example"
endpoint = "localhost:$port"
node_identities = ["uri:raakvlak:node:$a"]
steward_identities = ["uri:raakvlak:steward:$a"]
roster_key = "$("$bin/raak" keys new --out "$out/keys/$a-node.key")"
officer_key = "$("$bin/raak" keys new --out "$out/keys/$a-officer.key")"
EOF
    printf '%s\n' "$port" >"$out/keys/$a.port"
    (umask 077 && head -c 32 /dev/urandom >"$out/keys/$a.wrap")
  done
} >"$out/roster.toml"
cat >"$out/harbour.toml" <<EOF
purpose_id = "harbour"
title = "Demo: the harbour"
legal_basis = "none: a demonstration on invented records"
approver = "whoever typed ./dev demo"
agencies = ["customs", "police", "tax"]
not_before = $(date -u +%F)
not_after = $(date -u -d '+30 days' +%F)
[[type]]
name = "iban"
[[type]]
name = "kvk"
[[type]]
name = "name_birth_date"
[[type]]
name = "phone"
EOF

say "roster and purpose, signed by the officers of all three agencies"
"$bin/raak" roster new --from "$out/roster.toml" "$out/roster.json" >/dev/null
for a in "${agencies[@]}"; do
  "$bin/raak" roster sign "$out/roster.json" --agency "$a" --signing-key "$out/keys/$a-officer.key" >/dev/null
done
"$bin/raak" purpose new --from "$out/harbour.toml" "$out/harbour.json" >/dev/null
for a in "${agencies[@]}"; do
  "$bin/raak" purpose sign "$out/harbour.json" --agency "$a" --signing-key "$out/keys/$a-officer.key" \
    --roster "$out/roster.json" >/dev/null
done
"$bin/raak" purpose verify "$out/harbour.json" --roster "$out/roster.json"

profile() { # profile NAME CERT [node PORT] [matcher PORT]
  {
    printf 'ca = "certs/ca.pem"\ncert = "certs/%s.pem"\nkey = "certs/%s.key"\n' "$2" "$2"
    printf '%s = "localhost:%s"\n' "$3" "$4"
  } >"$out/$1.toml"
}
profile coordinator coordinator matcher "$matcher_port"
for a in "${agencies[@]}"; do profile "$a-steward" "$a-steward" node "$(cat "$out/keys/$a.port")"; done

. "$here/configuration.sh"

start() { # start NAME PROGRAM CONFIG
  "$2" --config "$3" >"$out/log/$1.log" 2>&1 &
  printf '%s\n' "$!" >>"$out/pids"
}
wait_until() { # wait_until WHAT COMMAND...
  local what=$1 i
  shift
  for i in $(seq 150); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  printf 'dev: %s did not come up\n' "$what" >&2
  return 1
}
say "starting one matcher and three nodes"
start matcher "$bin/raakvlak-matcher" "$out/matcher-daemon.toml"
for a in "${agencies[@]}"; do start "$a" "$bin/raakvlak-node" "$out/$a-node.toml"; done
wait_until matcher "$bin/raak" --config "$out/coordinator.toml" run list
for a in "${agencies[@]}"; do wait_until "$a" "$bin/raak" --config "$out/$a-steward.toml" status; done

say "key ceremony: shares of four linkage keys, no dealer"
"$bin/raak" --config "$out/police-steward.toml" keys ceremony

say "three stewards check and submit"
for a in "${agencies[@]}"; do
  "$bin/raak" --json check "$out/data/$a.csv" --schema "$out/data/$a.toml" >"$out/data/$a-quality.json"
  "$bin/raak" --config "$out/$a-steward.toml" submit "$out/data/$a.csv" --schema "$out/data/$a.toml"
done

say "the coordinator registers the purpose and starts a run"
"$bin/raak" --config "$out/coordinator.toml" purpose register "$out/harbour.json"
wait_until "a run" "$bin/raak" --config "$out/coordinator.toml" purpose list
"$bin/raak" --config "$out/coordinator.toml" run start harbour --watch

say "the report"
"$bin/raak" --config "$out/coordinator.toml" report harbour-1
"$bin/raak" --config "$out/coordinator.toml" --json report harbour-1 --out "$out/report.json"
"$bin/raak" --config "$out/coordinator.toml" report harbour-1 --csv --out "$out/report.csv"
matches=()
for a in "${agencies[@]}"; do
  "$bin/raak" --config "$out/$a-steward.toml" --json matches harbour-1 >"$out/$a-matches.json"
  matches+=("$a=$out/$a-matches.json")
done

say "against the planted truth"
"$bin/raakvlak-demo-verify" --truth "$out/data/truth.json" --report "$out/report.json" "${matches[@]}"

if [ "$keep" -eq 1 ]; then
  cat <<EOF

Everything keeps running. Try:
  $bin/raak --config $out/police-steward.toml matches
  $bin/raak --config $out/police-steward.toml status
  $bin/raak --config $out/coordinator.toml run start harbour --watch
  $bin/raak --config $out/coordinator.toml report harbour-2
Stop it with:
  kill \$(cat $out/pids)
EOF
  disown -a
fi
