#!/bin/sh
@HEADER@
#
# Run it:  sh THIS_SCRIPT --jobs 4        Read more:  sh THIS_SCRIPT --help
#
# How a file becomes whole: it arrives as NAME.part, with the server's answer kept beside it as
# NAME.part.head. A later run goes on from there only when that answer promised the size in the
# list, and asks the server for the rest of the very same version (If-Range). When the size is
# right, and only then, the file gets its name.

set -u
LC_ALL=C
export LC_ALL
# These change what `ls` and `cd` print. Names that come in exported would hand the token on.
unset CDPATH TIME_STYLE QUOTING_STYLE BLOCK_SIZE LS_BLOCK_SIZE BLOCKSIZE token auth options

server=${MAST_SERVER:-@SERVER@}
summary=@SUMMARY@
agent=jwstwidgets-script/@VERSION@
jobs=4 dest=. layout=flat only='*' mode=fetch

connect_timeout=${MAST_CONNECT_TIMEOUT:-30} # s
stall_timeout=${MAST_STALL_TIMEOUT:-60}     # s with less than `slowest`
slowest=${MAST_SLOWEST:-1000}               # bytes/s
tries=${MAST_TRIES:-5}                      # in a row without getting on
backoff=${MAST_BACKOFF:-2}                  # s, doubled at each try
longest_wait=${MAST_LONGEST_WAIT:-600}      # s that a server may ask for
lock_wait=${MAST_LOCK_WAIT:-15}             # s for what is left of a killed run

lock=.jwst-download.lock
work='' locked='' workers='' feeder=''

usage() {
  cat <<'END_OF_HELP'
Usage: sh THIS_SCRIPT [options]

  --jobs N          files at a time (1 to 32; 4)
  --dest DIR        where to put them (.); made if it is not there
  --layout LAYOUT   flat: all in DIR; observation: in one folder per observation (flat)
  --only PATTERN    only names that match, e.g. '*_cal.fits'
  --dry-run         say what would be done; nothing is asked of the network
  --verify-only     check the sizes of what is there; nothing is asked of the network
  --server URL      download from there (or set MAST_SERVER)
  --help            this text

Run it again at any time: it takes up what is missing. Exit status: 0 every file is whole,
1 some are not, 2 it could not start, 130 interrupted (what arrived is kept).
Files under exclusive access need a token (https://auth.mast.stsci.edu/token) in MAST_API_TOKEN.
Slow network: MAST_CONNECT_TIMEOUT, MAST_STALL_TIMEOUT (s), MAST_SLOWEST (bytes/s), MAST_TRIES.
A file whose size the archive does not state is taken as whole under its name, because this
script gives a name only to a complete answer.
END_OF_HELP
}

die() {
  printf '%s\n' "$1" >&2
  exit 2
}

