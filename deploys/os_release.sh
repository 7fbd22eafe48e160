# The distribution and its version: debian 12.
# shellcheck source=/dev/null disable=SC2154 # the names are that file's
. /etc/os-release
echo "$ID $VERSION_ID"
