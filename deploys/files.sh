# $as: words that run what follows as another user, where the folder is not root's
{
    stat -c "file$tab%n$tab%a$tab%U:%G" -- . *
    $as sha256sum -- * | sed "s/^/sha256$tab/; s/  /$tab/"
    # what is no secret, to be compared line by line
    $as awk '{ print "text\t" FILENAME "\t" $0 }' ./*.conf
} 2>/dev/null | LC_ALL=C tr '\200-\377' '?'
