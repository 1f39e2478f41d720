# Makes callhook.conf(5) out of the sample configuration, which a unit test
# proves to be what the table in src/core/settings.c says.
BEGIN {
	print ".\\\" Made by doc/conf5.awk from packaging/callhook.conf; do not edit."
	print ".Dd November 22, 2026\n.Dt CALLHOOK.CONF 5\n.Os callhook"
	print ".Sh NAME\n.Nm callhook.conf\n.Nd configuration of callhook-api, callhook-sender and callhookctl"
	print ".Sh SYNOPSIS\n.Pa /etc/callhook/callhook.conf"
	print ".Sh DESCRIPTION"
	print "One file for all three programs, found by the option\n.Fl -config ,"
	print "the variable\n.Ev CALLHOOK_CONFIG\nor under the path above."
	print "Lines are\n.Ql [section] ,\n.Ql name = value\nor comments that begin with\n.Ql # ;"
	print "a value may stand in double quotes."
	print "Unknown sections and names, repeated names and values out of bounds are errors which name file and line;"
	print "a program does not start with a wrong file, and goes on with the old settings when it is told to read one."
	print "Durations are numbers with\n.Ql ms ,\n.Ql s ,\n.Ql m ,\n.Ql h\nor\n.Ql d ,"
	print "sizes are bytes or numbers with\n.Ql k\nor\n.Ql m ."
}
/^\[/ {
	if (section)
		print ".El"
	section = $0
	gsub(/[][]/, "", section)
	print ".Ss [" section "]\n.Bl -tag -width Ds"
	next
}
section && /^# / { help = help substr($0, 3) "\n"; next }
section && /^#[a-z_]+ =/ {
	name = substr($0, 2)
	sub(/ =.*/, "", name)
	value = $0
	sub(/^[^=]*= ?/, "", value)
	print ".It Ic " name
	gsub(/\. /, ".\n", help)	# a sentence, a line
	printf "%s", help
	if (value != "")
		print "Default:\n.Ql " value
	help = ""
}
END {
	print ".El"
	print ".Sh EXAMPLES\nRead by the programs themselves:"
	print ".Dl callhook-api --check-config\n.Dl callhook-api --dump-config"
	print ".Sh SEE ALSO\n.Xr callhook-api 8 ,\n.Xr callhook-sender 8 ,\n.Xr callhookctl 8"
}
