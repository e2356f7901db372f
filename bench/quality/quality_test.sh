#!/usr/bin/env bash
# `./dev quality` as it is typed: good files, wrong options, files that are not good. quality_test.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$out"

fail() { printf 'FAILED: %s\n' "$*" >&2; cat answer error >&2; exit 1; }
# expect EXIT STANDARD-OUTPUT STANDARD-ERROR OPTION...: both are patterns that must be found, or empty.
expect() {
  local code=0
  "$program" "${@:4}" >answer 2>error || code=$?
  [ "$code" -eq "$1" ] || fail "exit $code, not $1: ${*:4}"
  [ -z "$2" ] || grep -qE -- "$2" answer || fail "no $2 on standard output: ${*:4}"
  [ -z "$3" ] || grep -qE -- "$3" error || fail "no $3 on standard error: ${*:4}"
}
silent() { [ ! -s error ] || fail "standard error is not empty"; }

cat >s.toml <<'EOF'
[compare]
naam = "person_name"
geboren = "date"
EOF
sed 's/geboren/datum/' s.toml >other.toml
sed 's/"date"/"dates"/' s.toml >kind.toml
# 400 people, in each file in an order of its own.
people() {
  printf 'id,naam,geboren\n'
  awk -v step="$1" 'BEGIN {
    for (i = 0; i < 400; i++) {
      k = i * step % 400
      printf "%s-%d,Jan%c%c %c%c%cstra,%d-%02d-%02d\n", "p", k, 97 + k % 23, 97 + k * 7 % 25, 97 + k % 26,
        97 + int(k / 20) % 26, 97 + k * 3 % 26, 1950 + k % 50, 1 + k % 12, 1 + k % 28
    } }'
}
people 1 >a.csv
people 7 >b.csv
printf 'id,naam,geboren\n' >header.csv
: >empty.csv

expect 0 'truth-regex' '' --help
expect 0 'Examples' '' --help
expect 0 '"f1": (1\.0|0\.9)' '' --schema s.toml --truth-column id a.csv b.csv
expect 0 '"exposed_share"' '' --schema s.toml --truth-column id --truth-regex 'p-([0-9]+)' a.csv b.csv --plot page.html
for part in evaluations_per_record 'Match weights' 'Precision and recall' Mistakes 'Blocking plan'; do
  grep -q "$part" page.html || fail "the page lacks $part"
done
expect 0 '' 'finds .*exposes' --schema s.toml --truth-column id a.csv b.csv --explain

# Figures over nothing are said to be that.
expect 0 '"f1"' 'recall is over nothing' --schema s.toml --truth-column id header.csv header.csv
expect 0 '"f1"' 'a.csv: 400 of 400 values .* --truth-regex' --schema s.toml --truth-column id --truth-regex 'q-(.)' a.csv b.csv
{ head -1 a.csv; awk 'BEGIN { for (i = 0; i < 400; i++) print i ",Jan Jansen,1980-01-02" }'; } >alike.csv
expect 0 '"candidate_pairs": 0' 'nothing was compared' --schema s.toml --truth-column id alike.csv alike.csv

expect 2 '' 'two files or more' --schema s.toml --truth-column id a.csv
expect 2 '' 'needs --schema' a.csv b.csv
expect 2 '' 'truth-regex' --schema s.toml --truth-column id --truth-regex '(' a.csv b.csv
expect 2 '' 'nonsense' --nonsense
expect 3 '' 'cannot read nothing.csv' --schema s.toml --truth-column id a.csv nothing.csv
expect 3 '' 'nothing.toml' --schema nothing.toml --truth-column id a.csv b.csv
expect 3 '' "b.csv: no column 'datum'; there are: id, naam, geboren|a.csv: no column 'datum'" --schema other.toml --truth-column id a.csv b.csv
expect 3 '' "a.csv: no column 'entity'" --schema s.toml --truth-column entity a.csv b.csv
expect 3 '' 'kind.toml:3: unknown kind .dates.; known: exact' --schema kind.toml --truth-column id a.csv b.csv
expect 3 '' 'empty.csv: the file is empty' --schema s.toml --truth-column id empty.csv a.csv
expect 3 '' 'cannot write' --schema s.toml --truth-column id a.csv b.csv --plot no/such/folder/page.html

cat >pairs.csv <<'EOF'
one,other,same
Jansen Transport BV,Jansen Transport B.V.,yes
Jansen Transport BV,Pietersen Bakkerij BV,no
EOF
pairs=(--pairs pairs.csv --left one --right other --as)
expect 0 '"f1": 1\.0' '' "${pairs[@]}" company --label same --plot page.html
silent
grep -q 'similarity' page.html || fail "the page has no histogram"
expect 0 '"true_pairs": 0' "column 'other' says that a pair is one" "${pairs[@]}" company --label other
expect 2 '' 'dog not in' "${pairs[@]}" dog --label same
expect 2 '' 'needs --left' --pairs pairs.csv --left one
expect 3 '' "pairs.csv: no column 'label'" "${pairs[@]}" person --label label
expect 3 '' 'cannot read none.csv' --pairs none.csv --left one --right other --label same --as person
