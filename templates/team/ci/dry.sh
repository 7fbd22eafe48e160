#!/bin/sh
# For a pull request: what a deploy of ENVIRONMENT would change. Differences are no failure.
set -eu
cd "$(dirname "$0")/.."
code=0
make dry ENV="$ENVIRONMENT" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 2 ]
