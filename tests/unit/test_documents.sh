#!/bin/sh
# The documents name what there is: files, links, tests, settings, commands, metrics, lines of the
# log, manual pages.
set -eu

root=${CALLHOOK_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$root"
failed=0
documents='README.md README.ru.md SECURITY.md NEWS.md doc/DESIGN.md doc/OPERATION.md doc/PERFORMANCE.md doc/RELIABILITY.md
	doc/STYLE.md doc/THREATS.md packaging/debian/callhook-common.README.Debian'
checked=0

wrong()
{
	echo "$document: $*"
	failed=1
}

# in_code PATTERN: what stands in back quotes and matches as a whole
in_code()
{
	grep -oE '`[^`]+`' "$document" | tr -d '`' | grep -xE "$1" | sort -u || :
}

a_file()
{
	[ -e "$1" ] || [ -e "src/$1" ] || [ -e "doc/$1" ] || [ -e "tests/$1" ] || [ -e "tests/system/$1" ] ||
		[ -e "tests/chaos/$1" ] || [ -e "tests/unit/$1" ] || [ -e "tests/fuzz/$1" ] || [ -e "tests/db/$1" ] || [ -e "web/$1" ] ||
		[ -e "sql/statements/$1" ] || [ -e "fcgi-conf/nginx/$1" ] || [ -e "fcgi-conf/apache/$1" ] || [ -e "fcgi-conf/$1" ] ||
		[ -e "tests/tools/$1" ] || [ -e "tests/fixtures/$1" ] || ls src/*/"$1" >/dev/null 2>&1
}

# a_test_of FILE NAME
a_test_of()
{
	grep -qE "^def ${2%\*}$([ "$2" = "${2%\*}" ] && echo '\(')" "tests/system/$1" "tests/chaos/$1" 2>/dev/null
}

# a_test NAME: a function of Python's, perhaps with * at its end, or a program
a_test()
{
	grep -qsE "^def ${1%\*}$([ "$1" = "${1%\*}" ] && echo '\(')" tests/system/*.py tests/chaos/*.py ||
		ls tests/*/"$1".* >/dev/null 2>&1
}

for document in $documents; do
	# [text](target): a file beside the document, and a heading
	grep -oE '\]\([^)]+\)' "$document" | sed 's/^](//; s/)$//' | grep -v '^https\?:' >"$tmp/links" || :
	while read -r link; do
		checked=$((checked + 1))
		file=${link%%#*}
		target=${document%"${document##*/}"}$file
		[ -n "$file" ] || target=$document
		[ -e "$target" ] || wrong "link to $link: no such file"
		case $link in
		*'#'*)
			sed -n 's/^##* //p' "$target" | tr -d '«»,:()`.' | LC_ALL=C.UTF-8 sed 's/ /-/g; s/.*/\L&/' |
				grep -qxF "${link#*#}" || wrong "link to $link: no such heading"
			;;
		esac
	done <"$tmp/links"

	in_code '([A-Z]+ )?/v1/[a-z_/{}]+' | sed 's/^[A-Z]* //' >"$tmp/paths"
	while read -r path; do
		checked=$((checked + 1))
		grep -q "^  $path:" doc/openapi.yaml || wrong "$path: not in openapi.yaml"
	done <"$tmp/paths"

	in_code '(\./)?[a-z][a-zA-Z0-9_-]*(/[a-zA-Z0-9_.@-]+)+|[a-zA-Z0-9_-]+\.(c|h|py|sh|md|js|css|sql|yaml|tsv|conf)' >"$tmp/files"
	while read -r file; do
		case $file in
		# of libraries, of what is installed, in words about any file
		*.conf | curl.h | ares.h | fastcgi.h | libpq-fe.h | text/* | foo.c | */NAME.sql) continue ;;
		esac
		checked=$((checked + 1))
		a_file "${file#./}" || wrong "\`$file\`: no such file"
	done <"$tmp/files"

	in_code '([a-z_]+\.py::)?test_[a-z0-9_]+\*?' >"$tmp/tests"
	while read -r test; do
		checked=$((checked + 1))
		case $test in
		*::*) a_test_of "${test%%::*}" "${test#*::}" ;;
		*) a_test "$test" ;;
		esac || wrong "\`$test\`: no such test"
	done <"$tmp/tests"

	# lines of the log: `sender.delivery`; a column is written like one: `webhook.auth`
	in_code '(api|auth|db|log|prefork|secrets|sender|webhook|worker)\.[a-z_]{3,}' >"$tmp/lines"
	while read -r line; do
		checked=$((checked + 1))
		grep -rqF "\"$line\"" src --include='*.c' ||
			grep -rqw "${line#*.}" sql/migrations || wrong "\`$line\`: no such line of the log"
	done <"$tmp/lines"

	# `[api] workers`, `[sender] ca_file`
	in_code '\[[a-z]+\] [a-z_]+.*' | sed 's/ *=.*//' >"$tmp/settings"
	while read -r section name; do
		checked=$((checked + 1))
		awk -v section="$section" -v name="$name" '/^\[/ { s = $1 } s == section && $0 ~ "^#" name " =" { found = 1 }
			END { exit !found }' packaging/callhook.conf || wrong "\`$section $name\`: no such setting"
	done <"$tmp/settings"

	grep -oE '\bcallhook_[a-z_]+' "$document" | sed 's/_total$//' | sort -u >"$tmp/metrics" || :
	while read -r metric; do
		case $metric in
		callhook_api | callhook_sender | callhook_owner) continue ;;
		esac
		checked=$((checked + 1))
		grep -q "^\.It Li $metric\$" doc/callhook-metrics.7 || wrong "$metric: no such metric"
	done <"$tmp/metrics"

	in_code 'callhookctl [a-z]+.*' | sed 's/^callhookctl \([a-z]*\).*/\1/' >"$tmp/commands"
	while read -r command; do
		checked=$((checked + 1))
		grep -q "^\.It Cm $command" doc/callhookctl.8 || wrong "callhookctl $command: no such command"
	done <"$tmp/commands"

	grep -oE '\bcallhook[a-z.-]*\([1-8]\)' "$document" | sort -u >"$tmp/manuals" || :
	while read -r manual; do
		checked=$((checked + 1))
		page=$(echo "$manual" | tr -d ')' | tr '(' '.')
		[ -e "doc/$page" ] || [ "$page" = callhook.conf.5 ] || wrong "$manual: no such page"
	done <"$tmp/manuals"
done
# Every threat of the list has one row, and every promise of the design the tests that keep it.
document=doc/RELIABILITY.md
sed -n '/^## The list/,/^## Promises/s/^| \([A-G][0-9A-G– ]*\) |.*/\1/p' "$document" | tr ' ' '\n' | awk -F– '
	NF == 2 { for (i = substr($1, 2); i <= substr($2, 2) + 0; i++) print substr($1, 1, 1) i; next } { print }' | sort >"$tmp/rows"
for letter in A:11 B:15 C:5 D:14 E:14 F:15 G:10; do
	seq 1 "${letter#*:}" | sed "s/^/${letter%:*}/"
done | sort >"$tmp/threats"
diff "$tmp/threats" "$tmp/rows" >&2 || wrong "its list is not the list of threats"
sed -n '/^## Promises/,$s/^| \(.*\) | .*|$/\1/p' doc/DESIGN.md | grep -v '^promise$\|^---' | sort >"$tmp/promises"
[ "$(wc -l <"$tmp/promises")" -ge 7 ] || wrong "DESIGN.md promises nothing"
sed -n '/^## Promises/,/^## Fuzzing/s/^| \(.*\) | .*`.*`.*|$/\1/p' "$document" | grep -v '^promise of' | sort | diff "$tmp/promises" - >&2 ||
	wrong "the promises of DESIGN.md and their tests differ"

[ "$checked" -ge 300 ] || {
	echo "only $checked things were found to check"
	failed=1
}
exit $failed
