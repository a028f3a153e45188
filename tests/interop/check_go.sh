#!/bin/sh
# A record made by the program's own writer, checked with Go's sumdb/note and sumdb/tlog; a changed one is refused.
# check_go.sh SMALL_RECORD VERIFY_NOTE: the two programs, built.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" "$work/good"
"$2" "$work/good"
cp -r "$work/good" "$work/line"
sed -i '2s/"seen"/"sean"/' "$work/line/transcript.jsonl"
cp -r "$work/good" "$work/cosigner"
sed -i '$d' "$work/cosigner/checkpoint"
cp -r "$work/good" "$work/dropped"
sed -i '$d' "$work/dropped/transcript.jsonl"
cp -r "$work/good" "$work/signature"
sed -i '5{s/A\(.\{20\}\)$/B\1/;t;s/.\(.\{20\}\)$/A\1/}' "$work/signature/checkpoint"
for bad in line cosigner dropped signature; do
	if "$2" "$work/$bad" 2>"$work/said"; then
		echo "a record with a bad $bad was accepted" >&2
		exit 1
	fi
	sed 's/\\n/ /g; s/^/refused: /' "$work/said"
done
