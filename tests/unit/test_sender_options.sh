#!/bin/sh
# What callhook-sender is told when it starts, and how it leaves: without a database.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
sender=src/sender/callhook-sender

# runs STATUS TEXT OPTION...: it leaves so, and says that
runs()
{
	status=$1
	text=$2
	shift 2
	got=0
	"$sender" "$@" >"$tmp/out" 2>&1 || got=$?
	if [ "$got" != "$status" ] || ! grep -qF -e "$text" "$tmp/out"; then
		echo "callhook-sender $*: status $got, not $status with «$text»:"
		cat "$tmp/out"
		failed=1
	fi
}

# refused TEXT LINE...: --check-config names what is wrong with these settings
refused()
{
	text=$1
	shift
	printf '%s\n' "$@" >"$tmp/conf"
	runs 78 "$text" -c "$tmp/conf" --check-config
	! grep -q 'configuration ok' "$tmp/out" || {
		echo "«$*» is called ok"
		failed=1
	}
}

runs 0 'usage: callhook-sender' --help
runs 0 'callhook-sender ' --version
runs 64 'usage: callhook-sender' --nonsense
runs 64 'usage: callhook-sender' --config
runs 64 'usage: callhook-sender' "$tmp/conf"
runs 78 "$tmp/nowhere" -c "$tmp/nowhere"

printf '[sender]\nwindow = 5\n' >"$tmp/conf"
runs 0 'configuration ok' -c "$tmp/conf" --check-config
CALLHOOK_CONFIG=$tmp/conf
export CALLHOOK_CONFIG
runs 0 'configuration ok' --check-config
runs 0 'window = 5' --dump-config

refused 'window' '[sender]' 'window = many'
refused 'operator_url' '[sender]' 'operator_url = ftp://example.com/'
refused 'nowhere is not an address' '[target]' 'allow = nowhere'
refused 'name servers' '[sender]' 'dns = not.an.address'
refused 'proxy' '[sender]' 'proxy = ::::'
refused 'ca_file' '[sender]' "ca_file = $tmp/nowhere.pem"

# All that is wrong is named at once, each with its line.
printf '%s\n' '[sender]' 'window = many' 'windows = 5' 'rate = no' >"$tmp/conf"
runs 78 "callhook-sender: $tmp/conf:2: [sender] window: " -c "$tmp/conf"
runs 78 "callhook-sender: $tmp/conf:3: unknown option windows" -c "$tmp/conf"
runs 78 "callhook-sender: $tmp/conf:4: [sender] rate: " -c "$tmp/conf"
refused '[sender] dns: ' '[sender]' 'dns = not.an.address' 'operator_url = ftp://x/' '[target]' 'allow = nowhere'
runs 78 '[sender] operator_url: ' -c "$tmp/conf" -t
runs 78 '[target] allow: nowhere is not an address' -c "$tmp/conf" -t
exit $failed
