#!/bin/sh
# After a deploy: proves from a client's side what the servers of ENVIRONMENT let in and reject.
set -eu
cd "$(dirname "$0")/.."
make verify ENV="$ENVIRONMENT"
