# A partnership on this machine, for the demo, the tests and the link benchmark: certificates, keys, roster,
# purpose, configuration, daemons. Sourced; needs these variables:
#   bin       folder of the programs
#   out       an empty folder of mode 0700, absolute
#   agencies  array of agency ids, in order
#   types     array of identifier types, in order
#   profile   (if names and damaged values are linked) the [profile] of the purpose, as TOML
# and makes $out/{certs,keys,log}, $out/NAME.toml profiles for `raak --config`, $out/pids.

partnership_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# A port that nothing listens on, from below those handed out to outgoing connections.
next_port=${RAAKVLAK_PORT:-17440}
free_port() { # free_port VARIABLE
  while (exec 3<>"/dev/tcp/127.0.0.1/$next_port") 2>/dev/null; do next_port=$((next_port + 1)); done
  printf -v "$1" '%s' "$next_port"
  next_port=$((next_port + 1))
}

toml_list() { # "a", "b"
  local item list=
  for item in "$@"; do list+="${list:+, }\"$item\""; done
  printf '%s' "$list"
}

make_certificates() {
  local a identities=(matcher=raakvlak:matcher coordinator=raakvlak:coordinator)
  for a in "${agencies[@]}"; do
    identities+=("$a-node=raakvlak:node:$a" "$a-steward=raakvlak:steward:$a")
  done
  "$partnership_here/certificates.sh" "$out/certs" "${identities[@]}"
}

make_roster() { # make_roster [THRESHOLD]
  local a port
  mkdir -p "$out/keys" "$out/log" "$out/data"
  free_port matcher_port
  {
    printf 'partnership = "Demo partnership"\nnot_after = %s\n' "$(date -u -d '+1 year' +%F)"
    printf 'identifier_types = [%s]\n' "$(toml_list "${types[@]}")"
    [ -n "${profile:-}" ] && printf 'block_keys = 24\n'
    printf 'coordinators = ["uri:raakvlak:coordinator"]\n'
    [ -n "${1:-}" ] && printf 'threshold = %s\n' "$1"
    printf '[matcher]\nendpoint = "127.0.0.1:%s"\nidentities = ["uri:raakvlak:matcher"]\n' "$matcher_port"
    printf 'signing_key = "%s"\n' "$("$bin/raak" keys new --out "$out/keys/matcher.key")"
    for a in "${agencies[@]}"; do
      free_port port
      printf '%s' "$port" >"$out/keys/$a.port"
      (umask 077 && head -c 32 /dev/urandom >"$out/keys/$a.wrap")
      cat <<EOF
[[member]]
agency_id = "$a"
display_name = "${a^}"
contact_desk = "desk@$a.example"
endpoint = "127.0.0.1:$port"
node_identities = ["uri:raakvlak:node:$a"]
steward_identities = ["uri:raakvlak:steward:$a"]
roster_key = "$("$bin/raak" keys new --out "$out/keys/$a-node.key")"
officer_key = "$("$bin/raak" keys new --out "$out/keys/$a-officer.key")"
EOF
    done
  } >"$out/roster.toml"
  "$bin/raak" roster new --from "$out/roster.toml" "$out/roster.json" >/dev/null
  for a in "${agencies[@]}"; do
    "$bin/raak" roster sign "$out/roster.json" --agency "$a" \
      --signing-key "$out/keys/$a-officer.key" >/dev/null
  done
}

make_purpose() { # make_purpose ID TITLE [GRANT]
  local a type grant=${3:-1000000}
  {
    printf 'purpose_id = "%s"\ntitle = "%s"\n' "$1" "$2"
    printf 'legal_basis = "none: a demonstration on invented records"\napprover = "nobody"\n'
    printf 'agencies = [%s]\n' "$(toml_list "${agencies[@]}")"
    printf 'not_before = %s\nnot_after = %s\n' "$(date -u +%F)" "$(date -u -d '+30 days' +%F)"
    for type in "${types[@]}"; do
      printf '[[type]]\nname = "%s"\nrun_grant = %s\nepoch_ceiling = %s\n' "$type" "$grant" "$((grant * 10))"
    done
    printf '%s\n' "${profile:-}"
  } >"$out/$1.toml"
  "$bin/raak" purpose new --from "$out/$1.toml" "$out/$1.json" >/dev/null
  for a in "${agencies[@]}"; do
    "$bin/raak" purpose sign "$out/$1.json" --agency "$a" \
      --signing-key "$out/keys/$a-officer.key" --roster "$out/roster.json" >/dev/null
  done
}

make_profile() { # make_profile NAME CERTIFICATE node|matcher PORT
  {
    printf 'ca = "certs/ca.pem"\ncert = "certs/%s.pem"\nkey = "certs/%s.key"\n' "$2" "$2"
    printf '%s = "127.0.0.1:%s"\n' "$3" "$4"
  } >"$out/$1.toml"
}

# The daemons' configuration, and profiles for everybody. With $metrics set, metrics are served.
make_configuration() {
  local a
  make_profile coordinator coordinator matcher "$matcher_port"
  metrics_line() {
    [ -z "${metrics:-}" ] && return
    local port
    free_port port
    printf '%s' "$port" >"$out/keys/$1.metrics"
    printf 'metrics = "127.0.0.1:%s"\n' "$port"
  }
  # Through a file: a subshell would lose the ports that it takes.
  metrics_line matcher >"$out/keys/metrics.line"
  cat >"$out/matcher-daemon.toml" <<EOF
listen = "127.0.0.1:$matcher_port"
data_dir = "$out/data/matcher"
roster = "$out/roster.json"
signing_key = "$out/keys/matcher.key"
$(cat "$out/keys/metrics.line")
[tls]
ca = "$out/certs/ca.pem"
cert = "$out/certs/matcher.pem"
key = "$out/certs/matcher.key"
EOF
  for a in "${agencies[@]}"; do
    make_profile "$a-steward" "$a-steward" node "$(cat "$out/keys/$a.port")"
    metrics_line "$a" >"$out/keys/metrics.line"
    cat >"$out/$a-node.toml" <<EOF
agency_id = "$a"
listen = "127.0.0.1:$(cat "$out/keys/$a.port")"
data_dir = "$out/data/$a"
roster = "$out/roster.json"
officer_key = "$("$bin/raak" keys show "$out/keys/$a-officer.key")"
roster_key_file = "$out/keys/$a-node.key"
$(cat "$out/keys/metrics.line")
[tls]
ca = "$out/certs/ca.pem"
cert = "$out/certs/$a-node.pem"
key = "$out/certs/$a-node.key"
[wrapping_key]
source = "file"
path = "$out/keys/$a.wrap"
${node_extra:-}
EOF
  done
}

start_daemon() { # start_daemon NAME PROGRAM CONFIG
  "$bin/$2" --config "$3" >>"$out/log/$1.log" 2>&1 &
  printf '%s %s\n' "$!" "$1" >>"$out/pids"
}

wait_until() { # wait_until WHAT COMMAND...
  local what=$1
  shift
  for _ in $(seq 150); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  printf '%s did not come up; see %s/log\n' "$what" "$out" >&2
  return 1
}

start_partnership() {
  local a
  start_daemon matcher raakvlak-matcher "$out/matcher-daemon.toml"
  for a in "${agencies[@]}"; do start_daemon "$a" raakvlak-node "$out/$a-node.toml"; done
  wait_until matcher coordinator run list
  for a in "${agencies[@]}"; do wait_until "$a" node_is_ready "$a"; done
}

coordinator() { "$bin/raak" --config "$out/coordinator.toml" "$@"; }
steward() { # steward AGENCY COMMAND...
  local a=$1
  shift
  "$bin/raak" --config "$out/$a-steward.toml" "$@"
}
# Up, and connected to the matcher.
node_is_ready() { steward "$1" --json status | grep -q '"matcher_connected": true'; }

stop_partnership() {
  local pid name
  [ -f "$out/pids" ] || return 0
  while read -r pid name; do
    # Only ours: the number may be somebody else's by now.
    case "$(readlink "/proc/$pid/exe" 2>/dev/null || true)" in
      */raakvlak-node | */raakvlak-matcher) kill "$pid" 2>/dev/null || true ;;
    esac
  done <"$out/pids"
  while read -r pid name; do
    for _ in $(seq 100); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  done <"$out/pids"
  rm -f "$out/pids"
}

# From here on the daemons end with the script, and $out with them; where it fails, the ends of the logs are shown.
leave_nothing_behind() {
  trap partnership_finish EXIT
  trap 'exit 130' INT TERM
}
partnership_finish() {
  local code=$?
  trap - EXIT
  [ "$code" -eq 0 ] || tail -n 4 "$out"/log/*.log >&2 2>/dev/null || true
  stop_partnership
  rm -rf "$out"
  exit "$code"
}
