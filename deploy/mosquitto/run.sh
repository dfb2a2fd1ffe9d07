#!/bin/sh
# Starts Mosquitto once its password file and access list are there, and has it read them again whenever they change:
#
#   run.sh CONFIGURATION FILE...
#
# Mosquitto does not look at its files by itself. On SIGHUP it reads passwords, access list, certificates and the
# revocation list, closes the connections of logins that are gone, and leaves all others alone.
set -eu

configuration=$1
shift

for file in "$@"; do
    until [ -s "$file" ]; do
        echo "waiting for $file"
        sleep 1
    done
done

# Before the start, so that a change meanwhile is not missed.
seen=$(cksum "$@")
mosquitto -c "$configuration" &
broker=$!
stopping=
trap 'stopping=1; kill -TERM "$broker" 2>/dev/null || true' TERM INT
trap 'kill -HUP "$broker" 2>/dev/null || true' HUP

while [ -z "$stopping" ] && kill -0 "$broker" 2>/dev/null; do
    # In the background, so that a signal is answered at once and not after the sleep.
    sleep 2 &
    wait "$!" || true
    # A file that is being replaced may be missing for a moment: then it is looked at again the next time.
    now=$(cksum "$@" 2>/dev/null) || continue
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker" 2>/dev/null || true
    fi
done
wait "$broker"
