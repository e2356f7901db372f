#!/usr/bin/env bash
# The link benchmark: real processes over mutual TLS on loopback, one matcher and N nodes, M identifiers each
# (numbers of the trade register), one in ten of them shared by all; or people, linked by likeness.
# `./dev bench link --help`.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: ./dev bench link [--agencies N] [--identifiers M] [--threshold T] [--people] [--json]
                        [--profile FILE]

  --agencies N      2 to 10 (default 2)
  --identifiers M   at each agency (default 100000)
  --threshold T     shares an evaluation takes (default: the roster's)
  --people          people in place of numbers: M records each, five fields, linked by likeness
  --json            one JSON object on standard output
  --profile FILE    perf's record of the daemons during the run (as root, with perf installed)

Prints wall and CPU seconds of the run, identifiers a second, bytes on the wire, peak memory of each process,
where the nodes' CPU time went by stage, the share of all CPU time outside curve arithmetic, and how fast health
and status answered meanwhile. Submitting the files comes before the run and is timed apart. Example:
  ./dev bench link --agencies 2 --identifiers 1000000 --threshold 2
EOF
}

bin=$(cd "$1" && pwd)
shift
count=2 identifiers=100000 threshold="" json=0 perf_file="" people=0 profile=""
while [ $# -gt 0 ]; do
  case "$1" in
    --agencies) count=$2; shift ;;
    --identifiers) identifiers=$2; shift ;;
    --threshold) threshold=$2; shift ;;
    --json) json=1 ;;
    --people) people=1 ;;
    --profile) perf_file=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
agencies=()
for i in $(seq "$count"); do agencies+=("$(printf 'agency-%02d' "$i")"); done
types=(kvk)
if [ "$people" -eq 1 ]; then
  profile='[profile]
fields = ["given_name", "surname", "date", "postcode", "phone"]
run_grant = 100000000'
fi
metrics=1
out=$(mktemp -d)
. "$(dirname "$0")/../../demo/partnership.sh"
leave_nothing_behind

say "$count agencies, $identifiers identifiers each"
make_certificates
make_roster "$threshold"
make_purpose bench "Benchmark" 100000000
make_configuration
mkdir -p "$out/files"
if [ "$people" -eq 1 ]; then
  "$bin/bench_people" "$out/files" "$count" "$identifiers"
  {
    printf 'record_id = "id"\n[columns]\nkvk = "kvk"\n[compare]\n'
    head -n 1 "$out/files/${agencies[0]}.csv" | tr ',' '\n' | tail -n +3 | sed 's/.*/& = "&"/'
  } >"$out/files/schema.toml"
else
  printf 'record_id = "id"\n[columns]\nkvk = "kvk"\n' >"$out/files/schema.toml"
  shared=$((identifiers / 10))
  for i in $(seq "$count"); do
    # The first tenth is the same everywhere; multiplication by a number prime to 9 * 10^7 scatters the rest.
    awk -v n="$identifiers" -v s="$shared" -v a="$i" 'BEGIN {
      print "id,kvk"
      for (k = 0; k < n; k++) {
        v = k < s ? k : s + (a - 1) * n + k
        printf "%d,%08d\n", k, 10000000 + (v * 48271) % 90000000
      }
    }' >"$out/files/${agencies[i-1]}.csv"
  done
fi

start_partnership
steward "${agencies[0]}" keys ceremony >&2
now() { date +%s.%N; }
seconds_since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }
submitting=$(now)
for a in "${agencies[@]}"; do
  steward "$a" submit "$out/files/$a.csv" --schema "$out/files/schema.toml" >&2
done
submit=$(seconds_since "$submitting")
coordinator purpose register "$out/bench.json" >&2

ticks=$(getconf CLK_TCK)
cpu_ticks() { # of all daemons, user and system
  local pid name sum=0 stat
  while read -r pid name; do
    stat=$(sed 's/.*) //' "/proc/$pid/stat")
    set -- $stat
    sum=$((sum + ${12} + ${13}))
  done <"$out/pids"
  printf '%s' "$sum"
}
loopback_bytes() { awk '$1 == "lo:" { print $2 }' /proc/net/dev; }

scrape() { # a page of metrics, without a client program
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  tr -d '\r' <&3
  exec 3>&-
}
# "STAGE SECONDS" a line, and "curve SECONDS": all nodes together. Nodes renew their pages every other second.
cpu_by_stage() {
  local a
  sleep 2.5
  for a in "${agencies[@]}"; do scrape "$(cat "$out/keys/$a.metrics")"; done |
    sed -n -e 's/^raakvlak_node_stage_seconds_total{stage="\([a-z_]*\)"} /\1 /p' \
      -e 's/^raakvlak_node_curve_seconds_total /curve /p' |
    awk '{ sum[$1] += $2 } END { for (s in sum) printf "%s %.3f\n", s, sum[s] }'
}
start_prober() {
  local a targets=(matcher "localhost:$matcher_port" /raakvlak.v1.CoordinationService/GetInfo
    "$out/certs/ca.pem" "$out/certs/coordinator.pem" "$out/certs/coordinator.key")
  for a in "${agencies[@]}"; do
    targets+=("$a" "localhost:$(cat "$out/keys/$a.port")" /raakvlak.v1.StewardshipService/GetStatus
      "$out/certs/ca.pem" "$out/certs/$a-steward.pem" "$out/certs/$a-steward.key")
  done
  "$bin/bench_prober" "${targets[@]}" >"$out/latency.json" &
  prober=$!
}

cpu_by_stage >"$out/stages.before"
start_prober
if [ -n "$perf_file" ]; then
  perf record -q -F 499 -g -o "$perf_file" -p "$(cut -d' ' -f1 "$out/pids" | paste -sd,)" &
  perf=$!
  sleep 1
fi
cpu_before=$(cpu_ticks)
bytes_before=$(loopback_bytes)
start=$(now)
coordinator run start bench --watch >&2
wall=$(seconds_since "$start")
cpu=$(awk -v a="$cpu_before" -v b="$(cpu_ticks)" -v t="$ticks" 'BEGIN { printf "%.2f", (b - a) / t }')
bytes=$(($(loopback_bytes) - bytes_before))
total=$((count * identifiers))
rate=$(awk -v n="$total" -v w="$wall" 'BEGIN { printf "%.0f", n / w }')

peak() { awk '$1 == "VmHWM:" { print $2 * 1024 }' "/proc/$1/status"; }
kill "$prober"
wait "$prober"
if [ -n "$perf_file" ]; then kill -INT "$perf" && wait "$perf" || true; fi
cpu_by_stage >"$out/stages.after"
stages=$(awk 'FNR == NR { before[$1] = $2; next } { printf "%s %.2f\n", $1, $2 - before[$1] }' \
  "$out/stages.before" "$out/stages.after" | sort -k2 -rn)
curve=$(printf '%s\n' "$stages" | awk '$1 == "curve" { print $2 }')
stages=$(printf '%s\n' "$stages" | awk '$1 != "curve"')
outside=$(awk -v curve="$curve" -v cpu="$cpu" 'BEGIN { printf "%.3f", 1 - curve / cpu }')
busy=$(awk -v cpu="$cpu" -v w="$wall" -v n="$(nproc)" 'BEGIN { printf "%.2f", cpu / (w * n) }')
libsodium=$("$bin/bench_libsodium_rate")

if [ "$json" -eq 1 ]; then
  {
    printf '{"agencies": %s, "identifiers": %s, "threshold": "%s", "wall_seconds": %s, "cpu_seconds": %s, ' \
      "$count" "$total" "$threshold" "$wall" "$cpu"
    printf '"identifiers_per_second": %s, "wire_bytes": %s, "libsodium_scalarmults_per_second": %s, ' \
      "$rate" "$bytes" "$libsodium"
    printf '"peak_rss_bytes": {'
    separator=
    while read -r pid name; do
      printf '%s"%s": %s' "$separator" "$name" "$(peak "$pid")"
      separator=', '
    done <"$out/pids"
    printf '}, "submit_seconds": %s, "curve_seconds": %s, "outside_curve_share": %s, ' "$submit" "$curve" "$outside"
    printf '"cores_busy": %s, "latency": %s, ' "$busy" "$(cat "$out/latency.json")"
    printf '"stage_seconds": {'
    printf '%s\n' "$stages" | awk 'NF == 2 { printf "%s\"%s\": %s", sep, $1, $2; sep = ", " }'
    printf '}}\n'
  }
  exit 0
fi
printf 'wall seconds            %s\nCPU seconds             %s\nidentifiers             %s\n' "$wall" "$cpu" "$total"
printf 'identifiers a second    %s\nbytes on the wire       %s\n' "$rate" "$bytes"
printf 'libsodium scalarmults/s %s (one core, this machine, now)\n' "$libsodium"
printf 'outside the curve       %s of the CPU seconds\ncores busy              %s\n' "$outside" "$busy"
printf 'submitting the files    %s s, before the run\n\npeak memory, MiB\n' "$submit"
while read -r pid name; do
  printf '  %-22s%s\n' "$name" "$(($(peak "$pid") / 1048576))"
done <"$out/pids"
printf '\nhealth and status during the run\n'
sed 's/}}, */}}\n/g; s/^{//; s/}}}$/}}/' "$out/latency.json" | sed 's/^/  /'
printf '\nCPU seconds by stage, all nodes\n'
printf '%s\n' "$stages" | awk '{ printf "  %-22s%s\n", $1, $2 }'
