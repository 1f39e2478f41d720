#!/bin/sh
# Each wrong command line of callhookctl is told of in words, before its usage and before
# anything is connected to.
set -eu

ctl=src/ctl/callhookctl
CALLHOOK_CONFIG=/dev/null
export CALLHOOK_CONFIG
failed=0

# wrong WORDS COMMAND...: status 2, and the first line says that
wrong()
{
	words="callhookctl: $1"
	shift
	status=0
	said=$("$ctl" "$@" 2>&1) || status=$?
	if [ "$status" != 2 ] || [ "${said%%
*}" != "$words" ]; then
		echo "callhookctl $*: status $status, not 2 with «$words»:"
		echo "$said"
		failed=1
	fi
	echo "$said" | grep -q '^usage: ' || {
		echo "callhookctl $*: no usage"
		failed=1
	}
}

wrong 'no such command: nonsense' nonsense
for command in setup migrate check maintain version; do
	wrong 'too much: x' $command x
done
for command in account key webhook delivery recover; do
	wrong 'an action is missing' $command
	wrong 'no such action: explode' $command explode
done
wrong 'no such option: --nope' setup --nope
wrong 'no such option: -z' setup -z
wrong '--dry-run=1: it takes no value' setup --dry-run=1
wrong 'a login needs a name' setup --api-login=
wrong 'too much: a login beside --key' setup --key --api-login x
wrong 'too much: --status and --dry-run together' migrate --status --dry-run
wrong 'an account number is missing' account show
wrong 'not an account number: x' account show x
wrong 'not an account number: 0' account show 0
wrong 'too much: 6' account show 5 6
wrong 'too much: a limit' account show 5 --webhooks 3
wrong 'a limit to set is missing' account set 5
wrong 'too much: --json' account set 5 --webhooks 1 --json
wrong '--webhooks: a number from 0 to 100000, or default, is expected' account set 5 --webhooks x
wrong '--retention: a number from 1 to 36500, or default, is expected' account set 5 --retention 0
wrong '--services: calltracking, callkeeper or both are expected' account set 5 --services x
wrong 'no such scope: foo' key create --scope events,foo
wrong 'a key of the platform has the scope events only; give --account for others' key create --scope keys
wrong 'not a duration (90d, 12h): x' key create --expires x
wrong '--label: a value is missing' key create --label
wrong 'too much: x' key create x
wrong '--scope, --label and --expires belong to create' key list --label x
wrong 'the prefix of a key is missing' key revoke
wrong 'too much: b' key revoke a b
wrong 'not the prefix of a key: zzz' key revoke zzz
wrong '--account is missing' webhook list
wrong 'an id is missing' webhook show
wrong '--event: a value is missing' webhook test x --event
wrong '--since is missing' recover start x
wrong 'no such option: --s' delivery list x --s 5
wrong 'too much: y' stats x y
exit $failed
