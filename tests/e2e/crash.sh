#!/usr/bin/env bash
# A node, the matcher, and everything at once are killed in the middle of a run: every run ends done, with
# the references of a run that nobody disturbed. crash.sh BIN
set -euo pipefail
. "$(dirname "$0")/common.sh"
prepare_partnership
open_partnership 3000

say "a run that nobody disturbs"
expect 0 'done' coordinator run start trial --watch
references_of trial-1 >"$out/references"
# 20 for each of three pairs, a third of the rest for two of them.
[ "$(sort -u "$out/references" | wc -l)" -gt 60 ] || fail "too few matches: $(wc -l <"$out/references")"

# disturb RUN SIGNAL NAME...: what it is told to end is ended soon after the run has begun, and started again.
disturb() {
  local run=$1 signal=$2 name
  shift 2
  say "$run: SIG$signal to $*"
  coordinator run start trial >/dev/null
  sleep 0.3
  for name in "$@"; do end_daemon "$name" "$signal"; done
  for name in "$@"; do start_again "$name"; done
  wait_until matcher coordinator run list
  wait_until "$run" reach_state "$run" "done" || fail "$run: $(coordinator run show "$run")"
  references_of "$run" | cmp -s - "$out/references" || fail "$run reports other references"
}

disturb trial-2 KILL police
disturb trial-3 KILL matcher
disturb trial-4 KILL customs police tax matcher
disturb trial-5 TERM tax matcher

say "what was accepted is still there"
for a in "${agencies[@]}"; do expect 0 'current$' steward "$a" status; done
say "nothing evaluated twice: what peers spent is what one run asks"
expect 0 'kvk .* [a-z]+ 3000' steward police keys status
