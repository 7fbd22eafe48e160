# For a script that goes on: its own words come on stdout alone, behind a line. What a login shell
# has said on stderr may arrive at any time.
printf '\n%s\n' "$BEGIN"
exec 2>&1
