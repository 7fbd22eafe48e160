{
    stat -c "file$tab%n$tab%a$tab%U:%G" -- . *
    sha256sum -- * | sed "s/^/sha256$tab/; s/  /$tab/"
    # what is no secret, to be compared line by line
    awk '{ print "text\t" FILENAME "\t" $0 }' ./*.conf
} 2>/dev/null | LC_ALL=C tr '\200-\377' '?'
