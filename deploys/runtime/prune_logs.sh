# Removes files of the log: those that are too old, and then the oldest until the rest fits. What is
# written now, the youngest of each kind, stays.
cd @LOG@ || exit 1
find . -maxdepth 1 -type f -name 'postgresql*' -mmin +@MINUTES@ -delete
find . -maxdepth 1 -type f -name 'postgresql*' -printf '%T@ %s %f\n' | LC_ALL=C sort -rn |
    LC_ALL=C awk -v most=@BYTES@ '{
        sum += $2
        kind = $3
        sub(/.*[.]/, "", kind)
        if (written[kind]++ && sum > most) print $3
    }' | xargs -r rm -f --
