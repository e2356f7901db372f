#!/usr/bin/env bash
# People who are spelt differently at each agency are found, strangers are not; a steward's judgement counts in
# the next run; an agency's own duplicates are shown to it alone. likeness.sh BIN
set -euo pipefail
. "$(dirname "$0")/common.sh"
types=(kvk)
profile='[profile]
fields = ["person_name", "date", "phone"]'
records=370 shared=40

# Person k is the same everywhere for k < shared, and written otherwise at each agency; from there on every
# agency has people of its own. The last row of each file is its first person once more.
make_people() {
  local a i=0
  cat >"$out/people.toml" <<'EOF'
record_id = "id"
[columns]
kvk = "kvk"
[compare]
naam = "person_name"
geboren = "date"
telefoon = "phone"
EOF
  for a in "${agencies[@]}"; do
    awk -v n="$records" -v shared="$shared" -v agency="$a" -v offset="$i" '
      function draw(count) { # 0 to count - 1 (Park and Miller)
        state = (state * 48271) % 2147483647
        return int(state / 7) % count
      }
      function person(k, variant,   given, surname, year, month, day, phone) {
        state = k + 1; draw(2); draw(2)
        given = givens[draw(g) + 1]
        surname = surnames[draw(s) + 1]
        year = 1940 + draw(65); month = 1 + draw(12); day = 1 + draw(28)
        phone = sprintf("06%08d", draw(100000000))
        if (variant == 1) surname = substr(surname, 1, 3) substr(surname, 5)
        if (variant == 2) phone = ""
        if (variant == 3) given = substr(given, 1, 1) "."
        if (variant == 4) day = 1 + day % 28
        return sprintf("%s %s,%04d-%02d-%02d,%s", given, surname, year, month, day, phone)
      }
      BEGIN {
        g = split("Sanne Wouter Imke Daan Fatima Joost Lotte Mehmet Eva Bram Noor Thijs Anouk Ruben Femke Sem " \
                  "Yara Koen Roos Jelle Iris Stijn Maud Hugo Tess Luuk Fleur Gijs Lieke Sven", givens, " ")
        s = split("Bakker Jansen Visser Smit Mulder Bos Vos Peters Hendriks Dekker Brouwer Dijkstra Kuipers " \
                  "Postma Veenstra Hoekstra Willems Schouten Hermans Koster Prins Huisman Peeters Wagenaar " \
                  "Molenaar Verbeek Timmermans Scholten Gerritsen Boersma Kramer Zijlstra Terpstra Bosman " \
                  "Roelofs Hofman Evers Nijhuis Groothuis Lammers", surnames, " ")
        print "id,kvk,naam,geboren,telefoon"
        for (k = 0; k < n; k++) {
          who = k < shared ? k : shared + offset * n + k
          printf "%s-%d,,%s\n", agency, k, person(who, k < shared ? (k + offset) % 5 : 0)
        }
        printf "%s-again,,%s\n", agency, person(0, offset % 5 == 0 ? 2 : offset % 5)
      }' >"$out/$a.csv"
    i=$((i + 1))
  done
}

# found RUN: numbers of customs' and police's records that a run found to be one, side by side.
found() {
  local a
  for a in customs police; do
    steward "$a" --json matches "$1" |
      awk -F'"' -v other="$([ "$a" = customs ] && echo police || echo customs)" '
        $2 == "reference" { reference = $4 } $2 == "record_id" { record = $4 }
        $2 == "counterpart" && $4 == other { sub(/^[a-z]*-/, "", record); print reference, record }' |
      sort >"$out/$a.found"
  done
  join "$out/customs.found" "$out/police.found" | awk '{ print $2, $3 }' | sort
}

prepare_partnership
make_people
say "starting"
start_partnership
expect 0 'epoch 1 are active' steward police keys ceremony
expect 0 'registered trial' coordinator purpose register "$out/trial.json"
expect 0 'expos' "$bin/raak" check "$out/police.csv" --schema "$out/people.toml" --purpose "$out/trial.json"
for a in "${agencies[@]}"; do
  expect 0 'accepted' steward "$a" submit "$out/$a.csv" --schema "$out/people.toml"
done

say "people who are spelt differently"
expect 0 'done' coordinator run start trial --watch
found trial-1 >"$out/first"
right=$(awk -v shared="$shared" '$1 == $2 && $1 < shared' "$out/first" | wc -l)
wrong=$(awk '$1 != $2 && $1 != "again" && $2 != "again"' "$out/first" | wc -l)
[ "$right" -ge $((shared * 8 / 10)) ] || fail "only $right of $shared people were found"
[ "$wrong" -eq 0 ] || fail "$wrong pairs of strangers were reported"
expect 0 'exposed at' coordinator report trial-1
expect 0 'surname (exact|close|alike)' coordinator report trial-1

say "a judgement counts in the next run"
read -r reference record < <(steward customs --json matches trial-1 | awk -F'"' '
  $2 == "reference" { reference = $4 } $2 == "record_id" { record = $4 }
  $2 == "counterpart" && $4 == "police" && !done { print reference, record; done = 1 }')
expect 0 'no match' steward customs review decide "$reference" "$record" no-match
expect 0 'no match' steward customs review list trial-1 --all
expect 0 'no match' steward customs review statistics
expect 0 'done' coordinator run start trial --watch
coordinator --json report trial-2 --out "$out/second.json" >/dev/null 2>&1
if grep -q "$reference" "$out/second.json"; then fail "$reference was judged no match and reported again"; fi
expect 6 '.' steward customs review decide AAAAAAAAAAAAAAAA "$record" match

say "own duplicates"
expect 0 'police-0.*police-again|police-again.*police-0' steward police duplicates trial
expect 6 'no purpose|not known' steward police duplicates nothing
