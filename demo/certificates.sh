#!/usr/bin/env bash
# Demo certificates: certificates.sh FOLDER NAME=IDENTITY...
# Makes FOLDER/ca.pem and, for each NAME, NAME.pem and NAME.key; IDENTITY becomes a URI name. The CA's key
# does not stay. For demonstrations and tests on loopback only.
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
cd "$folder"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout ca.key -out ca.pem \
  -subj "/O=Raakvlak demo/CN=Raakvlak demo CA" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" 2>/dev/null
for pair in "$@"; do
  name=${pair%%=*}
  identity=${pair#*=}
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" \
    -subj "/O=Raakvlak demo/CN=$name" 2>/dev/null
  printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
    "extendedKeyUsage=serverAuth,clientAuth" \
    "subjectAltName=URI:$identity,DNS:localhost,IP:127.0.0.1" >"$name.ext"
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
    -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  rm -f "$name.csr" "$name.ext"
done
rm -f ca.key ca.srl
