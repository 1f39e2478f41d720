#!/bin/sh
# The house test: what doc/STYLE.md forbids and a compiler cannot see.  First
# it proves on a small broken copy of a house that each rule finds its sinner,
# then it looks at the real one.
set -eu
LC_ALL=C
export LC_ALL

root=${CALLHOOK_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# The C sources under the given folders, but for what the build writes there.
sources() {
	find "$@" -type f \( -name '*.c' -o -name '*.h' \) \
	    ! -name 'sql_statements.[ch]' ! -name 'sql_migrations.c' \
	    2>/dev/null | sort
}

# The same without comments, as "file:line:text".
code() {
	sources "$@" | while read -r file; do
		awk -v file="$file" '
		{
			out = ""
			quote = ""
			n = length($0)
			for (i = 1; i <= n; i++) {
				c = substr($0, i, 1)
				two = substr($0, i, 2)
				if (comment) {
					if (two == "*/") {
						comment = 0
						i++
					}
					continue
				}
				if (quote != "") {
					out = out c
					if (c == "\\") {
						i++
						out = out substr($0, i, 1)
					} else if (c == quote) {
						quote = ""
					}
					continue
				}
				if (two == "/*") {
					comment = 1
					i++
					continue
				}
				if (two == "//")
					break
				if (c == "\"" || c == "\047")
					quote = c
				out = out c
			}
			if (out ~ /[^ \t]/)
				print file ":" FNR ":" out
		}' "$file"
	done
}

# rule NAME: prints what stdin has, under the name of the rule.
rule() {
	sed "s|^|$1: |"
}


check_house() (
	cd "$1"
	code src > "$tmp/code"
	code src tests bench > "$tmp/all"

	grep -E '(^|[^A-Za-z0-9_])(strcpy|sprintf|vsprintf|strcat|strtok|atoi|gets|system|popen|alloca) *\(' \
	    "$tmp/all" | rule 'forbidden function' || :

	sources src | while read -r file; do
		lines=$(wc -l < "$file")
		[ "$lines" -le 520 ] || echo "too long: $file: $lines lines"
		case $file in
		*.c)
			[ "$(head -c 2 "$file")" = '/*' ] ||
			    echo "no opening paragraph: $file"
		esac
	done

	grep -E '# *include *[<"]curl/' "$tmp/code" |
	    grep -vE '^src/(sender/(transfer|wire)|hook/url)\.c:' |
	    rule 'curl outside its files' || :
	grep -E '# *include *[<"](fcgiapp|fcgi_stdio|fcgios|fastcgi)\.h' \
	    "$tmp/code" | grep -v '^src/api/fastcgi\.c:.*<fastcgi\.h>' |
	    rule 'libfcgi' || :
	grep -E '# *include *[<"](libpq-fe|curl/curl|fcgiapp|ares)\.h' \
	    "$tmp/code" | grep -E '^[^:]*\.h:' |
	    rule 'library header in a header' || :
	grep -E '"[^"]*(SELECT |INSERT INTO|UPDATE callhook|DELETE FROM)' \
	    "$tmp/code" | rule 'SQL outside sql/' || :

	grep -E "^src/core/[^:]*:[0-9]+: *# *include \"(api|sender|ctl|hook)/" \
	    "$tmp/code" | rule 'core/ knows another room' || :
	grep -E "^src/hook/[^:]*:[0-9]+: *# *include \"(api|sender|ctl)/" \
	    "$tmp/code" | rule 'hook/ knows another room' || :
	grep -E "^src/hook/[^:]*:[0-9]+: *# *include \"core/(db|sql)" \
	    "$tmp/code" | rule 'hook/ knows the database' || :
)

# sinner NAME-OF-RULE FILE LINE...: a house with this one sin is noticed.
sinner() {
	want=$1
	file=$tmp/house/$2
	shift 2
	rm -rf "$tmp/house"
	mkdir -p "$tmp/house/src/core" "$tmp/house/src/hook" \
	    "$tmp/house/src/api" "$tmp/house/src/sender" \
	    "$tmp/house/tests"
	{
		echo '/* Opens with a paragraph. */'
		printf '%s\n' "$@"
	} > "$file"
	found=$(check_house "$tmp/house")
	if [ -z "$want" ]; then
		[ -z "$found" ] && return
		echo "self-test: innocent, but: $found"
		exit 1
	fi
	case $found in
	"$want: "*) ;;
	*)
		echo "self-test: '$want' is not found in: $*"
		exit 1
		;;
	esac
}

for f in strcpy sprintf strcat strtok atoi gets system popen alloca; do
	sinner 'forbidden function' src/core/x.c "	$f(a);"
	sinner '' src/core/x.c "	my_$f(a); /* not $f(a) */" "// $f(a)" \
	    "	n$f(a);"
done
sinner 'forbidden function' tests/x.c '	y = (atoi (x));'
sinner '' src/core/x.c '/*' ' * never system(x)' ' */' "	c = '\"';" \
    '	snprintf(a, n, "x"); strtok_r(a, b, c);'
sinner 'too long' src/core/x.c "$(seq 520)"
sinner '' src/core/x.c "$(seq 519)"
sinner 'curl outside its files' src/sender/lanes.c '#include <curl/curl.h>'
sinner '' src/sender/transfer.c '#include <curl/curl.h>'
sinner '' src/sender/wire.c '#include <curl/curl.h>'
sinner '' src/hook/url.c '#include <curl/curl.h>'
sinner 'libfcgi' src/api/fastcgi.c '#include <fcgiapp.h>'
sinner 'library header in a header' src/core/db.h '#include <libpq-fe.h>'
sinner 'SQL outside sql/' src/api/x.c '	s = "SELECT 1";'
sinner 'SQL outside sql/' src/api/x.c '	s = "INSERT INTO t";'
sinner 'SQL outside sql/' src/api/x.c '	s = "UPDATE callhook.x";'
sinner 'SQL outside sql/' src/api/x.c '	s = "x; DELETE FROM t";'
sinner '' src/api/x.c '	s = "a"; /* "SELECT 1" */' '	/* DELETE FROM */'
for room in api sender ctl hook; do
	sinner 'core/ knows another room' src/core/x.h "#include \"$room/x.h\""
done
for room in api sender ctl; do
	sinner 'hook/ knows another room' src/hook/x.c "#include \"$room/x.h\""
done
sinner 'hook/ knows the database' src/hook/x.c '#include "core/db.h"'
sinner '' src/hook/x.c '#include "core/buf.h"' '#include "hook/url.h"'
sinner '' src/api/x.c '#include "core/db.h"' '#include "hook/url.h"'
rm -rf "$tmp/house"
mkdir -p "$tmp/house/src/core"
echo 'int x;' > "$tmp/house/src/core/x.c"
case $(check_house "$tmp/house") in
'no opening paragraph: '*) ;;
*) echo 'self-test: a file without a paragraph is not found'; exit 1 ;;
esac

found=$(check_house "$root")
[ -s "$tmp/code" ] || { echo "no sources in $root/src"; exit 1; }
[ -z "$found" ] || { printf '%s\n' "$found"; exit 1; }
echo "the house is in order"
