#!/bin/sh
# For main: brings ENVIRONMENT to what its inventory says, unasked.
set -eu
cd "$(dirname "$0")/.."
make deploy ENV="$ENVIRONMENT" YES=1
