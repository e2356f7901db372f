#!/usr/bin/env bash
# A run starts by itself at its time, on files that the nodes read by themselves; a changed file counts in
# the next run, and a file that is not good stops nothing that was there. schedule.sh BIN
set -euo pipefail
. "$(dirname "$0")/common.sh"
prepare_partnership
make_files 200
for a in "${agencies[@]}"; do
  printf '[source]\nfile = "%s"\nschema = "%s"\nlabel = "nightly"\n' "$out/$a.csv" "$out/schema.toml" \
    >>"$out/$a-node.toml"
done
# The next minute that is far enough away. A schedule that is new makes up for nothing that lies before it.
start_at=$((($(date +%s) + 20 + 59) / 60 * 60))
cat >>"$out/matcher-daemon.toml" <<EOF
[[schedule]]
purpose = "trial"
time = "$(date -u -d "@$start_at" +%H:%M)"
time_zone = "UTC"
missed_window = "1h"
EOF
say "starting"
start_partnership
expect 0 'epoch 1 are active' steward police keys ceremony
expect 0 'registered trial' coordinator purpose register "$out/trial.json"

say "a run that starts by itself"
while [ "$(date +%s)" -lt "$start_at" ]; do sleep 1; done
# Were something not ready by then, the matcher would try again half a minute later.
wait_until "the run" coordinator run show trial-1 || wait_until "the run" coordinator run show trial-1
wait_until "its end" reach_state trial-1 "done"
expect 0 'by schedule' coordinator run show trial-1
references_of trial-1 >"$out/references"
[ "$(wc -l <"$out/references")" -ge 60 ] || fail "$(wc -l <"$out/references") references"
expect 0 'nightly .* current$' steward tax status

say "once, not twice"
sleep 2
expect 6 'no run trial-2' coordinator run show trial-2

say "a changed file"
printf 'police-new,30000000\n' >>"$out/police.csv"
printf 'tax-new,30000000\n' >>"$out/tax.csv"
expect 0 'done' coordinator run start trial --watch
references_of trial-2 >"$out/more"
[ "$(comm -13 "$out/references" "$out/more" | wc -l)" -eq 1 ] || fail "not one reference more"
[ -z "$(comm -23 "$out/references" "$out/more")" ] || fail "references went away"
expect 0 'police-new|tax-new' steward police matches trial-2
