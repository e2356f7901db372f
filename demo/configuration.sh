# Configuration of the demo's daemons; read by run.sh, whose variables it uses.
cat >"$out/matcher-daemon.toml" <<EOF
listen = "127.0.0.1:$matcher_port"
data_dir = "$out/data/matcher"
roster = "$out/roster.json"
signing_key_file = "$out/keys/matcher.key"
[tls]
ca = "$out/certs/ca.pem"
cert = "$out/certs/matcher.pem"
key = "$out/certs/matcher.key"
EOF
for a in "${agencies[@]}"; do
  cat >"$out/$a-node.toml" <<EOF
agency_id = "$a"
listen = "127.0.0.1:$(cat "$out/keys/$a.port")"
data_dir = "$out/data/$a"
roster = "$out/roster.json"
officer_key = "$("$bin/raak" keys show "$out/keys/$a-officer.key")"
roster_key_file = "$out/keys/$a-node.key"
[tls]
ca = "$out/certs/ca.pem"
cert = "$out/certs/$a-node.pem"
key = "$out/certs/$a-node.key"
[wrapping_key]
source = "file"
path = "$out/keys/$a.wrap"
EOF
done
