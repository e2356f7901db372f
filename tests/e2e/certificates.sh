#!/usr/bin/env bash
# Who may not: certificates of another CA, in another role, of nobody on the roster; daemons whose files do
# not fit; peers that are away. Each with its exit code and a message that says what to do.
# certificates.sh BIN
set -euo pipefail
. "$(dirname "$0")/common.sh"
prepare_partnership
start_partnership
as() { # as CERTIFICATE COMMAND...: with another certificate of $folder
  local name=$1
  shift
  "$bin/raak" --ca "$out/certs/ca.pem" --cert "$folder/$name.pem" --key "$folder/$name.key" \
    --node "localhost:$(cat "$out/keys/police.port")" --matcher "localhost:$matcher_port" "$@"
}

say "other roles"
folder=$out/certs
expect 0 'police' as police-steward status
expect 4 'may not make this call' as police-steward run list
expect 4 'may not make this call' as coordinator status
expect 4 'may not make this call' as police-node status
expect 4 'may not make this call' as matcher status
expect 4 "own agency" as tax-steward status

say "the same names from another CA"
"$partnership_here/certificates.sh" "$out/other" police-steward=raakvlak:steward:police \
  coordinator=raakvlak:coordinator police-node=raakvlak:node:police
folder=$out/other
expect 5 'right CA' as police-steward status
expect 5 'right CA' as coordinator run list
expect 3 'not issued by the CA' as police-steward doctor
expect 5 'right CA' steward police --ca "$out/other/ca.pem" status

say "a peer that is away"
expect 5 'is it running' steward police --node localhost:1 status
expect 5 'is it running' coordinator --matcher localhost:1 run list

say "daemons whose files do not fit"
refuse() { # refuse PROGRAM CODE PATTERN SED BASE
  sed "$4" "$out/$5" >"$out/wrong.toml"
  expect "$2" "$3" "$bin/$1" --config "$out/wrong.toml" --check-config
  expect "$2" "$3" timeout 20 "$bin/$1" --config "$out/wrong.toml"
}
"$bin/raak" roster new --from "$out/roster.toml" "$out/unsigned.json" >/dev/null
for a in police tax; do
  "$bin/raak" roster sign "$out/unsigned.json" --agency "$a" --signing-key "$out/keys/$a-officer.key" >/dev/null
done
tax_officer=$("$bin/raak" keys show "$out/keys/tax-officer.key")
node() { refuse raakvlak-node 3 "$1" "$2" police-node.toml; }
node 'wrong.toml:1: frobnicate: unknown key' '1i frobnicate = 1'
node 'none.pem' 's#certs/police-node.pem#certs/none.pem#'
node 'lacks the signature of customs' 's#roster.json#unsigned.json#'
node 'another officer key for police' "s#^officer_key = .*#officer_key = \"$tax_officer\"#"
node 'is not the roster key' 's#police-node.key"$#tax-node.key"#'
node 'no name in this certificate' 's#certs/police-node#certs/tax-node#'
matcher() { refuse raakvlak-matcher "$1" "$2" "$3" matcher-daemon.toml; }
matcher 78 'wrong.toml:1: frobnicate: unknown key' '1i frobnicate = 1'
matcher 78 'lacks the signature of customs' 's#roster.json#unsigned.json#'
matcher 78 'is not the matcher.s signing key' 's#matcher.key"$#tax-node.key"#'
matcher 78 'no identity that the roster gives the matcher' 's#certs/matcher#certs/tax-node#'
mkdir -m 755 "$out/open"
matcher 69 'open to other users; run: chmod 700' "s#^data_dir.*#data_dir = \"$out/open\"#"
refuse raakvlak-node 4 'open to other users; run: chmod 700' "s#^data_dir.*#data_dir = \"$out/open\"#" police-node.toml
sed "s#^data_dir.*#data_dir = \"$out/data/new/deeper\"#" "$out/police-node.toml" >"$out/wrong.toml"
expect 0 'nor is .*/data/new above it; the start makes them' "$bin/raakvlak-node" --config "$out/wrong.toml" --check-config
[ ! -e "$out/data/new" ] || fail "checking a configuration made a directory"

say "what cannot start beside the running ones"
sed "s#^data_dir.*#data_dir = \"$out/data/fresh\"#" "$out/police-node.toml" >"$out/wrong.toml"
expect 4 'cannot listen on' timeout 20 "$bin/raakvlak-node" --config "$out/wrong.toml"
free_port port
sed "s#^listen.*#listen = \"127.0.0.1:$port\"#" "$out/police-node.toml" >"$out/wrong.toml"
expect 4 'another running program uses' timeout 20 "$bin/raakvlak-node" --config "$out/wrong.toml"
sed "s#^listen.*#listen = \"127.0.0.1:$port\"#" "$out/matcher-daemon.toml" >"$out/wrong.toml"
expect 69 'another running program uses' timeout 20 "$bin/raakvlak-matcher" --config "$out/wrong.toml"

say "a ceremony without a member"
end_daemon customs TERM
# Long before the deadline of a step, which is two minutes.
expect 6 'customs: cannot be reached.*have that agency.s node started' \
  timeout 60 "$bin/raak" --config "$out/police-steward.toml" keys ceremony
start_again customs
wait_until customs node_is_ready customs

say "a young epoch"
expect 0 'epoch 1 are active' steward police keys ceremony
end_daemon customs TERM
sed "s#customs.wrap#tax.wrap#" "$out/customs-node.toml" >"$out/wrong.toml"
expect 4 'wrapping key is another one .*data/customs, wrapping key .*tax.wrap' \
  timeout 20 "$bin/raakvlak-node" --config "$out/wrong.toml"
start_again customs
wait_until customs node_is_ready customs
expect 6 'epoch 1 is younger than 24h' steward police keys ceremony
expect 6 'younger than 24h at (customs|tax)' steward police keys ceremony --reason "a leak"
expect 3 'a reason of 1 to 512' steward tax keys consent --reason ""
for a in customs tax; do expect 0 'epoch 1 may be replaced' steward "$a" keys consent --reason "a leak"; done
expect 0 'epoch 2 are active' steward police keys ceremony
expect 0 'ceremony.consented' grep ceremony.consented "$out/data/tax/audit.log"

say "they serve as before"
for a in "${agencies[@]}"; do expect 0 'matcher +connected' steward "$a" status; done
