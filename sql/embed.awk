# Turns SQL files into C.  what=header|source: statements, one a file;
# what=migrations: whole scripts with their SHA-256.  Comment lines are left
# out of statements, kept in migrations.  "-- include NAME" takes in what several
# statements share, sql/parts/NAME.sql.
function stem(path)
{
	sub(/.*\//, "", path)
	sub(/\.sql$/, "", path)
	return path
}
function literal(line)
{
	gsub(/\\/, "\\\\", line)
	gsub(/"/, "\\\"", line)
	return "\t\"" line "\\n\"\n"
}
function include(part,    path, line, got)
{
	path = FILENAME
	sub(/statements\/[^\/]*$/, "parts/" part ".sql", path)
	while ((got = (getline line <path)) > 0)
		if (line !~ /^--/)
			text[n] = text[n] literal(line)
	if (got < 0) {
		print path " cannot be read" >"/dev/stderr"
		exit 1
	}
	close(path)
}
FNR == 1 { n++; name[n] = stem(FILENAME); file[n] = FILENAME }
what != "migrations" && /^-- include [a-z_]+$/ { include($3); next }
what != "migrations" && /^--/ { next }
what == "migrations" && /^-- needs: [0-9]+$/ { needs[n] = $3 }
{ text[n] = text[n] literal($0) }
END {
	print "/* Made by sql/embed.awk; do not edit. */"
	if (what == "header") {
		print "#ifndef SQL_STATEMENTS_H\n#define SQL_STATEMENTS_H\n"
		print "#include \"core/sql.h\"\n"
		for (i = 1; i <= n; i++)
			print "extern const struct sql_statement sql_" name[i] ";"
		print "\n#endif"
		exit
	}
	if (what == "source") {
		print "#include \"core/sql_statements.h\"\n"
		for (i = 1; i <= n; i++)
			printf "const struct sql_statement sql_%s = {\n\t\"%s\",\n%s};\n\n", name[i], name[i], text[i]
		print "const struct sql_statement *const sql_statements[] = {"
		for (i = 1; i <= n; i++)
			print "\t&sql_" name[i] ","
		print "};\nconst size_t sql_statements_n = " n ";"
		exit
	}
	print "#include \"core/sql.h\"\n\nconst struct sql_migration sql_migrations[] = {"
	for (i = 1; i <= n; i++) {
		command = sha256sum " " file[i]
		command | getline line
		close(command)
		split(line, part, " ")
		number = name[i]
		sub(/_.*/, "", number)
		title = name[i]
		sub(/^[0-9]*_/, "", title)
		printf "\t{ %d, %d, \"%s\",\n%s,\n\t\"%s\" },\n", number + 0, needs[i] ? needs[i] : number + 0, title, text[i], part[1]
	}
	print "};\nconst size_t sql_migrations_n = " n ";"
}
