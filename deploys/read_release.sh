# The files of a release, if they are as they were written.
cd "$ETC/$RELEASE" || exit
edited=$(sha256sum -c --quiet "../$RELEASE.sums" 2> /dev/null) || {
    # on one line
    # shellcheck disable=SC2116,SC2086
    fail "it has been edited since it was written: $(echo ${edited:-all of it})"
}
tell_files
