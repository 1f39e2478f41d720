#!/bin/sh
# The manuals name what there is, and nothing else: options and commands of the programs as their
# --help has them, settings, metrics.  The AppArmor profile covers what the sender opens.
set -eu

root=${CALLHOOK_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# same WHAT FILE FILE: two lists, sorted
same()
{
	sort -u "$2" >"$tmp/a"
	sort -u "$3" >"$tmp/b"
	[ -s "$tmp/a" ] || {
		echo "$1: nothing to compare"
		failed=1
	}
	diff "$tmp/a" "$tmp/b" >"$tmp/diff" || {
		echo "$1: < in the program, > in the manual"
		grep '^[<>]' "$tmp/diff"
		failed=1
	}
}

# --name of "Fl Fl name" and "Fl -name"; the macro is not to end a sentence
manual_options()
{
	grep -oE 'Fl (Fl |-)[a-z][a-z-]*' "$1" | sed 's/^Fl \(Fl \|-\)/--/'
}

for program in api/callhook-api sender/callhook-sender; do
	name=${program#*/}
	"src/$program" --help | grep -oe '--[a-z][a-z-]*' >"$tmp/program"
	manual_options "$root/doc/$name.8" >"$tmp/manual"
	same "options of $name" "$tmp/program" "$tmp/manual"
done

# callhookctl: each way to call each command, with its options.
src/ctl/callhookctl --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' >"$tmp/commands"
sed -n 's/^\.It Cm \([a-z]*\).*/\1/p' "$root/doc/callhookctl.8" >"$tmp/manual"
same "commands of callhookctl" "$tmp/commands" "$tmp/manual"
{
	src/ctl/callhookctl --help
	while read -r command; do
		[ "$command" = version ] || src/ctl/callhookctl "$command" --help
	done <"$tmp/commands"
} | grep -oe '--[a-z][a-z-]*' >"$tmp/program"
manual_options "$root/doc/callhookctl.8" >"$tmp/manual"
same "options of callhookctl" "$tmp/program" "$tmp/manual"

# callhook.conf(5) is made of the sample, so each setting of the programs has to be in both.
src/api/callhook-api -c "$root/packaging/callhook.conf" --dump-config |
	sed -n 's/^\[\(.*\)\]$/[\1]/p; s/^#*\([a-z_]*\) =.*/\1/p' >"$tmp/program"
sed -n 's/^\.Ss \(\[.*\]\)/\1/p; s/^\.It Ic //p' doc/callhook.conf.5 >"$tmp/manual"
same "settings" "$tmp/program" "$tmp/manual"

grep -ohE '"callhook_[a-z_]*[{"]' "$root"/src/api/metrics*.c | tr -d '"' |
	sed 's/_info{$//' | grep -v '_total$' >"$tmp/program"
sed -n 's/^\.It Li \(callhook_[a-z_]*\)$/\1/p' "$root/doc/callhook-metrics.7" >"$tmp/manual"
same "metrics" "$tmp/program" "$tmp/manual"

if command -v mandoc >/dev/null; then
	for page in "$root"/doc/*.[78] doc/callhook.conf.5; do
		mandoc -Tlint -Wwarning "$page" >"$tmp/lint" || {
			cat "$tmp/lint"
			failed=1
		}
	done
fi
PATH=$PATH:/usr/sbin:/sbin
if command -v apparmor_parser >/dev/null; then
	apparmor_parser -QKT "$root/packaging/apparmor/usr.sbin.callhook-sender" 2>"$tmp/lint" || {
		cat "$tmp/lint"
		failed=1
	}
fi
exit $failed
