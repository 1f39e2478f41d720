# shellcheck shell=sh
# A private callhook: its own PostgreSQL cluster, nginx with the shipped
# snippet, callhook-api, callhook-sender and three receivers, none of which
# touches what is installed on the machine.  demo, check, stackctl and the system
# tests start and stop it with these functions.  The caller sets TOP, the checkout.
#
# A stack lives in DIR:
#   DIR/env     for users: sh assignments (and readable line by line)
#   DIR/stack   for these functions: where everything is
#   DIR/data    conf/ pg/ nginx/ log/ ledger/ pid/ bin/ tools/ cabinet/
#               (elsewhere, and linked, when the run user cannot reach DIR)
# Sockets are in a short folder of their own below /tmp (at most 107 bytes).

PACKAGES_BUILD='gcc make autoconf automake pkg-config libc6-dev libpq-dev
	libjansson-dev libcurl4-openssl-dev libc-ares-dev libfcgi-dev libssl-dev'
PACKAGES_RUN='postgresql nginx php-fpm webhook python3 curl procps'
PYTHON=/usr/bin/python3
ACCOUNT=10234

stack_die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# Quotes $1 for sh.
stack_quote()
{
	printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

# stack_as USER COMMAND…: as USER when we are root, else as we are.
stack_as()
{
	_user=$1
	shift
	if [ "$(id -u)" = 0 ] && [ "$_user" != root ]; then
		setpriv --reuid="$_user" --regid="$(id -g "$_user")" \
			--init-groups -- env HOME="${DATA:-/}" "$@"
	else
		"$@"
	fi
}

# Who the private parts run as: never root, PostgreSQL refuses it.
stack_run_user()
{
	if [ "$(id -u)" != 0 ]; then
		id -un
		return
	fi
	_owner=$(stat -c %U "$TOP")
	case $_owner in
	root | UNKNOWN) echo postgres ;;
	*) echo "$_owner" ;;
	esac
}

# stack_packages PACKAGE…: installs what is missing, having said so.
stack_packages()
{
	_missing=
	for _p; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$_p" 2>/dev/null)" = installed ] ||
			_missing="$_missing $_p"
	done
	[ -n "$_missing" ] || return 0
	_sudo=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			stack_die "please install as root: apt-get install$_missing"
		_sudo=sudo
	fi
	echo "Debian packages are missing.  Those of servers (postgresql, nginx, php-fpm,"
	echo "apache2) also start a service of the system; nothing here uses or changes it."
	echo "+ ${_sudo:+sudo }apt-get install -y --no-install-recommends$_missing"
	_install="$_sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends"
	# shellcheck disable=SC2086
	$_install $_missing </dev/null || {
		$_sudo apt-get update -q
		$_install $_missing </dev/null
	} || stack_die "could not install:$_missing"
}

# stack_build DIR [configure options]: out of tree, as the checkout's owner.
stack_build()
{
	_build=$1
	shift
	_owner=$(stat -c %U "$TOP")
	[ "$_owner" != UNKNOWN ] || _owner=root
	mkdir -p "$_build" && [ -w "$_build" ] ||
		stack_die "$(id -un) cannot build in $_build; make a checkout of your own"
	[ "$(id -u)" != 0 ] || chown "$_owner" "$_build"
	exec 8>"$_build/.lock"
	flock 8
	if [ ! -x "$TOP/configure" ] || [ ! -f "$TOP/Makefile.in" ] ||
	    [ -n "$(find "$TOP/configure.ac" -newer "$TOP/configure")" ]; then
		echo "+ autoreconf -fi"
		(cd "$TOP" && DATA=/tmp stack_as "$_owner" autoreconf -fi) ||
			stack_die "autoreconf failed"
	fi
	# Relative: automake takes no source folder with a blank in its name.
	_src=$(realpath --relative-to="$_build" "$TOP")
	if [ ! -f "$_build/Makefile" ]; then
		echo "+ configure $*"
		(cd "$_build" && DATA=/tmp stack_as "$_owner" \
			"$_src/configure" -q "$@") || stack_die "configure failed"
	fi
	echo "+ make -C ${_build#"$TOP"/}"
	(cd "$_build" && DATA=/tmp stack_as "$_owner" make -s -j"$(nproc)") 8>&- ||
		stack_die "make failed"
	exec 8>&-
}

# The start time of a process, which tells it from a later one with its number;
# nothing for one that is dead and only not yet collected.
stack_since()
{
	sed -n 's/.*) //; /^[ZX]/d; p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

stack_pid()
{
	[ -f "$DATA/pid/$1" ] || return 1
	read -r _pid _since <"$DATA/pid/$1" || return 1
	[ -n "$_since" ] && [ "$(stack_since "$_pid")" = "$_since" ] || return 1
	echo "$_pid"
}

# stack_spawn NAME COMMAND…: in a session of its own, log and pid by NAME.
stack_spawn()
{
	_name=$1
	shift
	# php-fpm opens its log anew, so it must be the run user's.
	stack_as "$RUN_USER" touch "$DATA/log/$_name.log"
	(
		cd "$DATA"
		exec </dev/null >>"$DATA/log/$_name.log" 2>&1
		if [ "$(id -u)" = 0 ] && [ "$RUN_USER" != root ]; then
			exec setpriv --reuid="$RUN_USER" --regid="$(id -g "$RUN_USER")" \
				--init-groups -- env HOME="$DATA" setsid "$@"
		fi
		exec setsid "$@"
	) 7>&- 8>&- 9>&- &
	_pid=$!
	echo "$_pid $(stack_since "$_pid")" >"$DATA/pid/$_name"
}

# stack_wait SECONDS WHAT COMMAND…: until the command succeeds.
stack_wait()
{
	_left=$(($1 * 20))
	_what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		_left=$((_left - 1))
		[ "$_left" -gt 0 ] && stack_pid "${_what%% *}" >/dev/null || {
			echo "${0##*/}: $_what does not come up; its log:" >&2
			tail -n 20 "$DATA/log/${_what%% *}.log" >&2 || :
			return 1
		}
		sleep 0.05
	done
}

# stack_stop NAME [SIGNAL]: waits, and kills after 15 seconds.
stack_stop()
{
	_p=$(stack_pid "$1") || {
		rm -f "$DATA/pid/$1"
		return 0
	}
	kill "-${2:-TERM}" "$_p" 2>/dev/null || :
	_left=300
	while stack_pid "$1" >/dev/null; do
		_left=$((_left - 1))
		if [ "$_left" = 0 ]; then
			echo "${0##*/}: $1 does not stop, killing it" >&2
			kill -KILL "$_p" 2>/dev/null || :
		fi
		[ "$_left" -gt -100 ] || stack_die "$1 (process $_p) cannot be stopped"
		sleep 0.05
	done
	rm -f "$DATA/pid/$1"
}

stack_free_ports()
{
	"$PYTHON" -c 'import socket, sys
s = [socket.socket() for _ in range(int(sys.argv[1]))]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])' "$1"
}

# stack_can_listen PORT: as nginx will; else says why not.
stack_can_listen()
{
	(cd / && stack_as "$RUN_USER" "$PYTHON" -c 'import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("127.0.0.1", int(sys.argv[1])))
    s.listen()
except OSError as e:
    sys.exit("port %s: %s" % (sys.argv[1], e.strerror))' "$1")
}

stack_pg_bin()
{
	for _d in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV); do
		_v=${_d#/usr/lib/postgresql/}
		[ -x "$_d/initdb" ] && [ "${_v%/bin}" -ge 15 ] || continue
		echo "$_d"
		return
	done
	stack_die "no PostgreSQL 15 or later below /usr/lib/postgresql"
}

# The folder of a stack.  Refuses to take one that holds other things.
stack_dir()
{
	case $1 in
	*[\'\"\$\`\\\;\{\}]*) stack_die "quotes, backslashes, \$ ; { } in a folder's name are not supported: $1" ;;
	esac
	mkdir -p "$1" || stack_die "cannot make $1"
	DIR=$(cd "$1" && pwd -P) || exit 1
	[ -w "$DIR" ] || stack_die "$DIR cannot be written to"
	DATA=
	if [ -f "$DIR/stack" ]; then
		[ "$(id -u)" = 0 ] || [ -O "$DIR/stack" ] ||
			stack_die "the stack in $DIR is $(stat -c %U "$DIR/stack")'s"
		# shellcheck disable=SC1091
		. "$DIR/stack"
	elif [ -n "$(ls -A "$DIR")" ]; then
		stack_die "$DIR is not empty and not a stack's folder"
	fi
}

stack_load()
{
	[ -f "$1/stack" ] || stack_die "no stack in $1"
	DIR=$(cd "$1" && pwd -P)
	# shellcheck disable=SC1091
	. "$DIR/stack"
}

# Makes DIR/data and the socket folder, and remembers them in DIR/stack.
stack_prepare()
{
	RUN_USER=$(stack_run_user)
	id "$RUN_USER" >/dev/null 2>&1 || stack_die "there is no user $RUN_USER"
	DATA=$DIR/data
	mkdir -p "$DATA"
	[ "$(id -u)" != 0 ] || chown "$RUN_USER" "$DATA"
	chmod 755 "$DATA"
	if ! stack_as "$RUN_USER" test -w "$DATA" 2>/dev/null; then
		rmdir "$DATA"
		DATA=$(mktemp -d /var/tmp/callhook-data.XXXXXX)
		ln -s "$DATA" "$DIR/data"
	fi
	RUN=$(mktemp -d /tmp/callhook.XXXXXX)
	[ "$(id -u)" != 0 ] || chown "$RUN_USER" "$DATA" "$RUN"
	for _d in conf nginx nginx/tmp log ledger pid bin tools cabinet; do
		mkdir "$DATA/$_d"
		[ "$(id -u)" != 0 ] || chown "$RUN_USER" "$DATA/$_d"
	done
	PG_BIN=$(stack_pg_bin)
	for _v in TOP DIR DATA RUN RUN_USER PG_BIN; do
		eval "_x=\$$_v"
		printf '%s=%s\n' "$_v" "$(stack_quote "$_x")"
	done >"$DIR/stack"
}

# Copies, so that the run user reaches them and a new build disturbs nothing.
stack_copy()
{
	for _p in callhook-api callhook-sender callhookctl; do
		_from=$(find "$1" -maxdepth 3 -type f -name "$_p" -perm -u+x | head -n 1)
		[ -n "$_from" ] || stack_die "$_p was not built in $1"
		cp "$_from" "$DATA/bin/"
	done
	cp -R "$TOP/web/." "$TOP/doc/openapi.yaml" "$DATA/cabinet/"
	cp "$TOP/tests/tools/receiver.py" "$TOP/tests/tools/php/receive.php" \
		"$TOP/tests/tools/webhook/record.py" "$TOP/tests/tools/dns.py" "$DATA/tools/"
	chmod -R a+rX "$DATA/bin" "$DATA/cabinet" "$DATA/tools"
}

stack_init_postgres()
{
	(cd "$DATA" && stack_as "$RUN_USER" "$PG_BIN/initdb" -D "$DATA/pg" \
		-U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
		--no-instructions) >"$DATA/log/initdb.log" 2>&1 || {
		cat "$DATA/log/initdb.log" >&2
		stack_die "initdb failed"
	}
	cat >>"$DATA/pg/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$RUN'
		max_connections = 60
		log_line_prefix = '%m [%p] %q%u '
	END
}

stack_start_postgres()
{
	(cd "$DATA" && stack_as "$RUN_USER" "$PG_BIN/pg_ctl" -D "$DATA/pg" -s -w -t 60 \
		-l "$DATA/log/postgres.log" start 7>&- 8>&- 9>&-) || {
		tail -n 20 "$DATA/log/postgres.log" >&2
		return 1
	}
}

# stack_stop_postgres [fast|immediate]
stack_stop_postgres()
{
	# Not after a crash or a reboot, when its number is nobody's.
	[ -f "$DATA/pg/postmaster.pid" ] &&
		[ -d "/proc/$(head -n 1 "$DATA/pg/postmaster.pid")" ] || return 0
	(cd "$DATA" && stack_as "$RUN_USER" "$PG_BIN/pg_ctl" -D "$DATA/pg" -s -w -t 60 \
		-m "${1:-fast}" stop) || :
}

# The configuration: defaults of a stack, and over them the section.key=value
# lines of SETTINGS.
stack_write_conf()
{
	{
		cat <<-END
			database.api=host=$RUN user=callhook_stack_api dbname=callhook
			database.sender=host=$RUN user=callhook_stack_sender dbname=callhook
			database.admin=host=$RUN user=postgres dbname=callhook
			api.listen=$RUN/api.sock
			api.status=$RUN/status.sock
			api.workers=2
			api.auth=key vouched
			sender.wake=$RUN/wake.sock
			sender.journal=$RUN/sender.journal
			target.http=yes
			target.allow=127.0.0.0/8 ::1
			secrets.key_file=$DATA/conf/master.key
		END
		# Whatever is not a name of ours is asked of the system's name servers.
		[ -z "${NAMES-}" ] || printf 'sender.dns=127.0.0.1:%s %s\n' \
			"$(cat "$RUN/dns.port")" "$(awk '$1 == "nameserver" &&
				$2 ~ /^[0-9.]+$/ { print $2 }' /etc/resolv.conf | tr '\n' ' ')"
		printf '%s\n' "${SETTINGS-}"
	} | awk -F= '
		NF < 2 { next }
		{
			value[$1] = substr($0, length($1) + 2)
			if (!($1 in at)) { at[$1] = ++n; key[n] = $1 }
		}
		END {
			for (i = 1; i <= n; i++) {
				split(key[i], w, ".")
				line = w[2] " = \"" value[key[i]] "\""
				if (!(w[1] in body)) section[++m] = w[1]
				body[w[1]] = body[w[1]] line "\n"
			}
			for (i = 1; i <= m; i++)
				printf "[%s]\n%s\n", section[i], body[section[i]]
		}' >"$DATA/conf/callhook.conf"
}

stack_ctl()
{
	stack_as "$RUN_USER" "$DATA/bin/callhookctl" -c "$DATA/conf/callhook.conf" "$@"
}

# setup makes the database and the two logins too, as members of the roles that
# row level security is about.
stack_setup()
{
	(cd "$DATA" && stack_ctl setup) >"$DATA/log/setup.log" 2>&1 || {
		cat "$DATA/log/setup.log" >&2
		stack_die "callhookctl setup failed"
	}
	INGEST_KEY=$(cd "$DATA" && stack_ctl key create --scope events) ||
		stack_die "callhookctl key create failed"
	ACCOUNT_KEY=$(cd "$DATA" && stack_ctl key create --account "$ACCOUNT" \
		--scope webhooks,events) || stack_die "callhookctl key create failed"
}

stack_start_api()
{
	stack_spawn api "$DATA/bin/callhook-api" -c "$DATA/conf/callhook.conf"
	stack_wait 15 api test -S "$RUN/api.sock"
}

stack_start_sender()
{
	stack_spawn sender "$DATA/bin/callhook-sender" -c "$DATA/conf/callhook.conf"
	stack_wait 15 sender test -S "$RUN/wake.sock"
}

# The shipped snippet with this stack's paths, and for the page a session:
# whoever has opened it carries a cookie with which nginx vouches for the account;
# ?role=viewer makes him somebody who may only look.
stack_write_nginx()
{
	cp /etc/nginx/fastcgi_params "$DATA/nginx/"
	sed -e "s|unix:/run/callhook/|unix:$RUN/|" \
		-e "s|error_log /var/log/nginx/error.log |error_log stderr |" \
		-e "s|alias /usr/share/callhook/cabinet/;|alias \"$DATA/cabinet/\";|" \
		-e '/fastcgi_param HTTP_PROXY/a\
	fastcgi_param CALLHOOK_ACCOUNT $callhook_session_account if_not_empty;\
	fastcgi_param CALLHOOK_USER $callhook_session_user if_not_empty;\
	fastcgi_param CALLHOOK_ROLE $callhook_session_role if_not_empty;' \
		-e '/index index.html;/a\
	add_header Set-Cookie $callhook_session always;' \
		"$TOP/fcgi-conf/nginx/callhook.conf" >"$DATA/nginx/callhook.conf"
	cat >"$DATA/nginx/nginx.conf" <<-END
		worker_processes 2;
		pid nginx.pid;
		error_log stderr warn;
		events { worker_connections 4096; }
		http {
			include /etc/nginx/mime.types;
			default_type application/octet-stream;
			access_log off;
			server_tokens off;
			client_body_temp_path tmp/body;
			proxy_temp_path tmp/proxy;
			fastcgi_temp_path tmp/fastcgi;
			uwsgi_temp_path tmp/uwsgi;
			scgi_temp_path tmp/scgi;
			map \$cookie_callhook_demo \$callhook_session_account {
				default "";
				"$1" "$ACCOUNT";
				"$1-viewer" "$ACCOUNT";
			}
			map \$cookie_callhook_demo \$callhook_session_user {
				default "";
				"$1" demo;
				"$1-viewer" guest;
			}
			map \$cookie_callhook_demo \$callhook_session_role {
				default "";
				"$1-viewer" viewer;
			}
			map "\$uri \$arg_role" \$callhook_session {
				default "";
				"~index.html viewer$" "callhook_demo=$1-viewer; Path=/callhook/; HttpOnly; SameSite=Strict";
				"~index.html " "callhook_demo=$1; Path=/callhook/; HttpOnly; SameSite=Strict";
			}
			server {
				listen 127.0.0.1:$PORT default_server;
				# Not for a page elsewhere whose name was made to point here.
				if (\$host !~ "^(127\.0\.0\.1|localhost)\$") { return 421; }
				include callhook.conf;
				location = / { return 302 /callhook/; }
			}
			include names.conf;
			# A customer's PHP.
			server {
				listen 127.0.0.1:$PORT_PHP;
				location / {
					include fastcgi_params;
					fastcgi_param SCRIPT_FILENAME "$DATA/tools/receive.php";
					fastcgi_param LEDGER "$DATA/ledger/php.jsonl";
					fastcgi_pass unix:$RUN/php.sock;
				}
			}
		}
	END
}

stack_write_php()
{
	cat >"$DATA/conf/php-fpm.conf" <<-END
		[global]
		daemonize = no
		error_log = /proc/self/fd/2
		[receiver]
		listen = $RUN/php.sock
		pm = static
		pm.max_children = 2
		catch_workers_output = yes
	END
}

stack_write_webhook()
{
	{
		echo '['
		_comma=
		for _i in 01 02 03 04 05 06 07 08; do
			echo "$_comma"
			sed -e '1d;$d' -e "s|@HOOK@|h$_i|; s|@TOOLS@|$DATA/tools|
				s|@LEDGER@|$DATA/ledger/webhook.jsonl|" \
				"$TOP/tests/tools/webhook/hooks.json"
			_comma=,
		done
		echo ']'
	} >"$DATA/conf/hooks.json"
}

stack_start_nginx()
{
	stack_spawn nginx /usr/sbin/nginx -p "$DATA/nginx/" -c "$DATA/nginx/nginx.conf" \
		-e stderr -g 'daemon off;'
	stack_wait 15 nginx curl -s -o /dev/null "http://127.0.0.1:$PORT/"
}

# With NAMES set, *.avto.example are names of this machine to the sender, and nginx
# passes what is sent to them on to the receivers, so that addresses look like addresses.
stack_start_names()
{
	[ -n "${NAMES-}" ] || return 0
	cat >"$DATA/conf/names.json" <<-END
		{"*.avto.example": {"addresses": ["127.0.0.1"], "ttl": 60}, "*": {"rcode": 5}}
	END
	stack_spawn dns "$PYTHON" "$DATA/tools/dns.py" --port-file "$RUN/dns.port" \
		--table "$DATA/conf/names.json" --log /dev/null
	stack_wait 15 dns test -s "$RUN/dns.port"
}

stack_write_names()
{
	: >"$DATA/nginx/names.conf"
	[ -n "${NAMES-}" ] || return 0
	cat >"$DATA/nginx/names.conf" <<-END
		map \$host \$callhook_receiver {
			default 127.0.0.1:$PORT_OWN/ok;
			sklad.avto.example 127.0.0.1:$PORT_OWN/slow/300;
			bitrix.avto.example 127.0.0.1:$PORT_OWN/slow/150;
			1c.avto.example 127.0.0.1:$PORT_OWN/status/500;
			site.avto.example 127.0.0.1:$PORT_PHP;
		}
		server {
			listen 127.0.0.1:$PORT;
			server_name *.avto.example;
			location / { proxy_pass http://\$callhook_receiver\$request_uri; }
		}
	END
}

stack_start_receivers()
{
	for _l in own php webhook; do
		: >"$DATA/ledger/$_l.jsonl"
		[ "$(id -u)" != 0 ] || chown "$RUN_USER" "$DATA/ledger/$_l.jsonl"
	done
	stack_spawn receiver "$PYTHON" "$DATA/tools/receiver.py" \
		--port-file "$RUN/receiver.port" --ledger "$DATA/ledger/own.jsonl"
	_php=$(printf '%s\n' /usr/sbin/php-fpm[0-9]* | sort -V | tail -n 1)
	stack_spawn php "$_php" -F -y "$DATA/conf/php-fpm.conf"
	stack_spawn webhook /usr/bin/webhook -hooks "$DATA/conf/hooks.json" \
		-ip 127.0.0.1 -port "$PORT_WEBHOOK"
	stack_wait 15 receiver test -s "$RUN/receiver.port"
	stack_wait 15 php test -S "$RUN/php.sock"
	stack_wait 15 webhook curl -s -o /dev/null "http://127.0.0.1:$PORT_WEBHOOK/"
	PORT_OWN=$(cat "$RUN/receiver.port")
}

stack_write_env()
{
	{
		cat <<-END
			CALLHOOK_URL=http://127.0.0.1:$PORT/callhook/api/v1
			CALLHOOK_CABINET_URL=http://127.0.0.1:$PORT/callhook/
			CALLHOOK_INGEST_KEY=$INGEST_KEY
			CALLHOOK_ACCOUNT_ID=$ACCOUNT
			CALLHOOK_ACCOUNT_KEY=$ACCOUNT_KEY
			CALLHOOK_CONFIG=$(stack_quote "$DATA/conf/callhook.conf")
			CALLHOOK_API_PID=$(stack_pid api)
			CALLHOOK_SENDER_PID=$(stack_pid sender)
			CALLHOOK_PORT=$PORT
			CALLHOOK_CTL=$(stack_quote "$DATA/bin/callhookctl")
			CALLHOOK_RUN_USER=$RUN_USER
			CALLHOOK_RUN=$RUN
			CALLHOOK_DATA=$(stack_quote "$DATA")
			CALLHOOK_RECEIVER=http://127.0.0.1:$PORT_OWN
			CALLHOOK_RECEIVER_PHP=http://127.0.0.1:$PORT_PHP
			CALLHOOK_RECEIVER_WEBHOOK=http://127.0.0.1:$PORT_WEBHOOK
			PGHOST=$RUN
			PGPORT=5432
			PGUSER=postgres
			PGDATABASE=callhook
		END
	} >"$DIR/env.new"
	chmod 600 "$DIR/env.new"
	mv "$DIR/env.new" "$DIR/env"
}

# stack_up DIR PORT BUILD: everything; PORT 0 takes a free one.
stack_up()
{
	stack_dir "$1"
	if [ -n "$DATA" ]; then
		if [ -f "$DIR/env" ] && stack_pid api >/dev/null && ! stack_orphan; then
			NOT_OURS=1
			stack_die "a stack runs in $DIR already; stop it with ./demo --down --dir $(stack_quote "$DIR")"
		fi
		stack_down
	fi
	PORT=$2
	stack_prepare
	# shellcheck disable=SC2046
	set -- "$3" $(stack_free_ports 3)
	[ "$PORT" != 0 ] || PORT=$2
	PORT_PHP=$3
	PORT_WEBHOOK=$4
	stack_can_listen "$PORT" || stack_die "choose another port with --port"
	stack_copy "$1"
	stack_init_postgres
	stack_start_postgres
	stack_start_names
	stack_write_conf
	stack_setup
	stack_write_nginx "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
	stack_write_php
	stack_write_webhook
	stack_start_receivers
	stack_write_names
	stack_start_sender
	stack_start_api
	stack_start_nginx
	stack_wait 15 'api (readyz)' curl -sf -o /dev/null \
		"http://127.0.0.1:$PORT/callhook/api/readyz"
	stack_write_env
}

# Does it belong to a demo in the foreground that is gone?
stack_orphan()
{
	[ -f "$DATA/pid/owner" ] && ! stack_pid owner >/dev/null
}

# Stops and forgets the stack that stack_dir or stack_load found.
stack_down()
{
	[ -n "${DATA:-}" ] || return 0
	if [ -d "$DATA/pid" ]; then
		stack_stop nginx QUIT
		stack_stop api
		stack_stop sender
		stack_stop webhook
		stack_stop php
		stack_stop receiver
		stack_stop dns
		stack_stop_postgres fast
	fi
	if [ -n "${CALLHOOK_KEEP_LOGS-}" ] && [ -d "$DATA/log" ]; then
		mkdir -p "$CALLHOOK_KEEP_LOGS"
		cp -R "$DATA/log/." "$CALLHOOK_KEEP_LOGS/"
	fi
	rm -rf "$DATA"
	case ${RUN:-} in
	/tmp/callhook.*) rm -rf "$RUN" ;;
	esac
	rm -rf "$DIR/data"
	rm -f "$DIR/env" "$DIR/stack"
	DATA=
}
