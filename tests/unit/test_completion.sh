#!/bin/sh
# The bash completion asks the program for its words; this test asks the
# completion, for words typed so far, what it would offer.
set -eu

bash=$(command -v bash) || exit 77
root=${CALLHOOK_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
PATH=$(cd src && pwd)/ctl:$(cd src && pwd)/api:$(cd src && pwd)/sender:$PATH
export PATH

# offers WORD...: what is offered for the last, unfinished word, on one line.
offers() {
	"$bash" -c '
	source "$1/packaging/bash-completion/callhookctl"
	shift
	COMP_WORDS=(callhookctl "$@")
	COMP_CWORD=$#
	_callhookctl
	echo "${COMPREPLY[@]}"' offers "$root" "$@"
}

failed=0
# expect WANTED WORD...
expect() {
	wanted=$1
	shift
	got=$(offers "$@")
	[ "$got" = "$wanted" ] || {
		echo "callhookctl $*: offers '$got', not '$wanted'"
		failed=1
	}
}

commands=$(callhookctl --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | tr '\n' ' ')
[ -n "$commands" ] || { echo "callhookctl --help names no command"; exit 1; }
expect "--config --help --version ${commands% }" ''
expect 'setup' se
expect 'setup' -c callhook.conf se
expect 'create list revoke' key ''
expect 'revoke' -c x key rev
expect 'show set' account ''
expect '--help --json' account show --
expect '--webhooks' account set 5 --w
expect 'keys' key create --scope k
expect '--account' key create --a
expect '--help --account --json' key list --
expect '--help --account --json' key list --account 5 --
expect 'webhooks webhooks,events' key create --scope w
expect '--help --status --dry-run' migrate --
expect 'list show enable disable pause resume test' webhook ''
expect '--help --account --service --limit --json' webhook list --
expect '--help --event --call --account --json' webhook test 019aab20 --
expect 'list show resend' delivery ''
expect '--status --since' delivery list 019aab20 --s
expect 'failed' delivery list 019aab20 --outcome f
expect 'call_start call_end call_change' webhook test x --event ''
expect '4xx' delivery list x --status 4
expect 'calltracking' stats --service callt
expect 'calltracking callkeeper calltracking,callkeeper default' account set 5 --services ''
expect 'start list show cancel' recover ''
expect '--help --since --until --account --json' recover start x --
expect 'hour day' stats x --step ''
expect '--service --step --since' stats x --s
expect '--tz' stats x --t
expect '' check x
expect '' nonsense ''

# The daemons: every option of their --help, and no other.
for daemon in callhook-api callhook-sender; do
	got=$("$bash" -c '
	source "$1/packaging/bash-completion/$2"
	complete -p "$2" >/dev/null || exit 1
	COMP_WORDS=("$2" --)
	COMP_CWORD=1
	_callhook_daemon
	printf "%s\n" "${COMPREPLY[@]}"' offers "$root" "$daemon" | sort)
	wanted=$("$daemon" --help | grep -oe '--[a-z-]*' | sort -u)
	[ -n "$wanted" ] && [ "$got" = "$wanted" ] || {
		echo "$daemon --: offers $got, not $wanted"
		failed=1
	}
done
exit $failed
