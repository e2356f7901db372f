#!/usr/bin/env bash
# Bad input, through `raak check` and `raak submit`: exit code, file and row or key, and what to do; what was
# accepted before stays. And how many datasets a node keeps.
# input.sh BIN
set -euo pipefail
. "$(dirname "$0")/common.sh"
prepare_partnership
start_partnership
cd "$out"

say "files that are not good"
printf 'record_id = "id"\n[columns]\nkvk = "kvk"\niban = "iban"\n' >schema.toml
both() { # both FILE PATTERN: exit 3 from check and from submit
  expect 3 "$2" "$bin/raak" check "$1" --schema schema.toml
  expect 3 "$2" steward police submit "$1" --schema schema.toml
}
printf 'id,kvk,iban\na,69599084,NL91ABNA0417164300\n' >good.csv
expect 0 'accepted: 1 records with 2 identifiers' steward police submit good.csv --schema schema.toml
accepted=$(steward police --json status | grep dataset_id)

printf 'id,kvk,iban\na,69599084,"NL91\nb,1,x\n' >quote.csv
both quote.csv 'quote.csv: row 2, column 3: .*closing quote'
printf 'id|kvk|iban\na|69599084|NL91ABNA0417164300\n' >pipe.csv
both pipe.csv 'pipe.csv: row 1: no column "id".*delimiter'
printf 'id,kvk\na,69599084\n' >missing.csv
both missing.csv 'missing.csv: row 1: no column "iban"'
printf 'id,kvk,iban\na\303\251,69599084,x\nb\351,69599085,y\n' >mixed.csv
both mixed.csv 'mixed.csv: row 3, column 1: mixed encodings.*save the file in one encoding'
{ printf 'id,kvk,iban\na,69599084,' && head -c 10000000 /dev/zero | tr '\0' X && printf '\n'; } >field.csv
both field.csv 'field.csv: row 2, column 3: a field is larger than 65536 bytes.*max_field_bytes'
: >empty.csv
both empty.csv 'empty.csv: the file is empty'
head -c 100000 /dev/zero >binary.csv
both binary.csv 'binary.csv: row 1.*zero byte'
awk 'BEGIN { print "id,kvk,iban"; for (i = 0; i < 1000000; ++i) printf "r%d,nope,bad\n", i }' >million.csv
both million.csv 'million.csv.*(holds no usable record|none of its 1000000 rows)'
printf 'id,kvk,iban\na,69599084,\na,69599085,\n' >twice.csv
expect 0 'a record id that an earlier row has \(row 3 as row 2\)' "$bin/raak" check twice.csv --schema schema.toml
expect 3 'cannot read none.csv' "$bin/raak" check none.csv --schema schema.toml

say "schemas that are not good"
printf 'record_id = "id"\nfoo = 1\n[columns]\nkvk = "kvk"\n' >key.toml
printf 'record_id = "id"\n[columns]\nkvk = "kvkk"\n' >type.toml
for command in "$bin/raak check" "steward police submit"; do
  expect 3 'key.toml: line 2: unknown key "foo"' $command good.csv --schema key.toml
  expect 3 'type.toml: line 3: unknown type "kvkk"' $command good.csv --schema type.toml
done

say "what was accepted is still there"
[ "$(steward police --json status | grep dataset_id)" = "$accepted" ] || fail "the accepted dataset changed"

say "the newest three are kept"
for _ in 1 2 3 4 5; do
  expect 0 'accepted' steward police submit good.csv --schema schema.toml
done
[ "$(steward police --json status | grep -c dataset_id)" -eq 3 ] || fail "not three datasets"
[ "$(find data/police/datasets -name '*.dataset*' | wc -l)" -eq 3 ] || fail "not three dataset files"
