#!/usr/bin/env bash
# A node, the matcher, and everything at once are killed in the middle of a run: every run ends done, with
# the references of a run that nobody disturbed. crash.sh BIN
set -euo pipefail
. "$(dirname "$0")/common.sh"
prepare_partnership
open_partnership 3000

# disturb RUN SIGNAL NAME...: what is named is ended in the middle of the run, and started again.
disturb() {
  local run=$1 signal=$2 name
  shift 2
  say "$run: SIG$signal to $*"
  coordinator run start trial >/dev/null
  wait_until "work on $run" is_worked_on "$run"
  for name in "$@"; do end_daemon "$name" "$signal"; done
  for name in "$@"; do start_again "$name"; done
  wait_until matcher coordinator run list
  wait_until "the end of $run" reach_state "$run" "done" || fail "$run: $(coordinator run show "$run")"
  references_of "$run" >"$out/$run.references"
}
# A node is past the opening, or the run past the nodes.
is_worked_on() { coordinator --json run show "$1" | grep -Eq '"(reading|evaluating|uploading tags)"|"state": "[^e]'; }
spent() { for a in "${agencies[@]}"; do steward "$a" --json keys status; done; }

disturb trial-1 KILL police
disturb trial-2 KILL matcher
disturb trial-3 KILL customs police tax matcher
disturb trial-4 TERM tax matcher

say "a run that nobody disturbs finds the same"
spent >"$out/before"
coordinator run start trial --watch >/dev/null 2>&1 || fail "$(coordinator run show trial-5)"
references_of trial-5 >"$out/references"
# 20 for each of three pairs, and a third of the rest for two of them.
[ "$(wc -l <"$out/references")" -gt 60 ] || fail "too few matches: $(wc -l <"$out/references")"
for run in trial-1 trial-2 trial-3 trial-4; do
  cmp -s "$out/$run.references" "$out/references" || fail "$run reports other references"
done
spent | cmp -s - "$out/before" || fail "what was evaluated already was evaluated again"

say "what was accepted is still there"
for a in "${agencies[@]}"; do expect 0 'current$' steward "$a" status; done
