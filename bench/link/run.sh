#!/usr/bin/env bash
# The link benchmark: real processes over mutual TLS on loopback, one matcher and N nodes, M identifiers each
# (numbers of the trade register), one in ten of them shared by all. `./dev bench link --help`.
set -euo pipefail

usage() {
  cat <<'EOF'
usage: ./dev bench link [--agencies N] [--identifiers M] [--threshold T] [--json] [--keep-files]

  --agencies N      2 to 10 (default 2)
  --identifiers M   at each agency (default 100000)
  --threshold T     shares an evaluation takes (default: the roster's)
  --json            one JSON object on standard output

Prints wall and CPU seconds of the run, identifiers a second, bytes on the wire, peak memory of each process,
and where the nodes' CPU time went by stage. Example:
  ./dev bench link --agencies 2 --identifiers 1000000 --threshold 2
EOF
}

bin=$(cd "$1" && pwd)
shift
count=2 identifiers=100000 threshold="" json=0
while [ $# -gt 0 ]; do
  case "$1" in
    --agencies) count=$2; shift ;;
    --identifiers) identifiers=$2; shift ;;
    --threshold) threshold=$2; shift ;;
    --json) json=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
agencies=()
for i in $(seq "$count"); do agencies+=("$(printf 'agency-%02d' "$i")"); done
types=(kvk)
metrics=1
out=$(mktemp -d)
. "$(dirname "$0")/../../demo/partnership.sh"
finish() {
  local code=$?
  trap - EXIT
  [ "$code" -eq 0 ] || tail -n 3 "$out"/log/*.log >&2 || true
  stop_partnership
  rm -rf "$out"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

say "$count agencies, $identifiers identifiers each"
make_certificates
make_roster "$threshold"
make_purpose bench "Benchmark" 100000000
make_configuration
mkdir -p "$out/files"
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

start_partnership
steward "${agencies[0]}" keys ceremony >&2
for a in "${agencies[@]}"; do
  steward "$a" submit "$out/files/$a.csv" --schema "$out/files/schema.toml" >&2
done
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

cpu_before=$(cpu_ticks)
bytes_before=$(loopback_bytes)
start=$(date +%s.%N)
coordinator run start bench --watch >&2
end=$(date +%s.%N)
cpu=$(awk -v a="$cpu_before" -v b="$(cpu_ticks)" -v t="$ticks" 'BEGIN { printf "%.2f", (b - a) / t }')
wall=$(awk -v a="$start" -v b="$end" 'BEGIN { printf "%.2f", b - a }')
bytes=$(($(loopback_bytes) - bytes_before))
total=$((count * identifiers))
rate=$(awk -v n="$total" -v w="$wall" 'BEGIN { printf "%.0f", n / w }')

peak() { awk '$1 == "VmHWM:" { print $2 * 1024 }' "/proc/$1/status"; }
scrape() { # a page of metrics, without a client program
  exec 3<>"/dev/tcp/127.0.0.1/$1"
  printf 'GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  cat <&3
  exec 3>&-
}
for a in "${agencies[@]}"; do scrape "$(cat "$out/keys/$a.metrics")"; done >"$out/metrics" 2>/dev/null || true
stages=$(sed -n 's/^raakvlak_node_stage_seconds_total{stage="\([a-z_]*\)"} \(.*\)/\1 \2/p' "$out/metrics" | tr -d '\r' |
  awk '{ sum[$1] += $2 } END { for (s in sum) printf "%s %.2f\n", s, sum[s] }' | sort -k2 -rn)
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
    printf '}, "stage_seconds": {'
    printf '%s\n' "$stages" | awk 'NF == 2 { printf "%s\"%s\": %s", sep, $1, $2; sep = ", " }'
    printf '}}\n'
  }
  exit 0
fi
printf 'wall seconds            %s\nCPU seconds             %s\nidentifiers             %s\n' "$wall" "$cpu" "$total"
printf 'identifiers a second    %s\nbytes on the wire       %s\n' "$rate" "$bytes"
printf 'libsodium scalarmults/s %s (one core, this machine, now)\n\npeak memory, MiB\n' "$libsodium"
while read -r pid name; do
  printf '  %-22s%s\n' "$name" "$(($(peak "$pid") / 1048576))"
done <"$out/pids"
printf '\nseconds of work by stage, all nodes\n'
printf '%s\n' "$stages" | awk '{ printf "  %-22s%s\n", $1, $2 }'
