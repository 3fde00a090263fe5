# --- options -----------------------------------------------------------------------------------

read_options() {
  while [ "$#" -gt 0 ]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --dry-run) mode=dry ;;
      --verify-only) mode=verify ;;
      --*=*)
        option=$1
        shift
        set -- "${option%%=*}" "${option#*=}" "$@"
        continue
        ;;
      --jobs | --dest | --layout | --only | --server)
        [ "$#" -ge 2 ] || die "$1 needs a value; see --help."
        set_option "$1" "$2"
        shift
        ;;
      *) die "There is no option '$1'; see --help." ;;
    esac
    shift
  done
}

set_option() {
  case $1 in
    --jobs) jobs=$2 ;;
    --dest) dest=$2 ;;
    --layout) layout=$2 ;;
    --only) only=$2 ;;
    --server) server=$2 ;;
  esac
}

check_options() {
  check_number --jobs "$jobs"
  { [ "$jobs" -ge 1 ] && [ "$jobs" -le 32 ]; } || die "--jobs takes 1 to 32, not $jobs."
  case $layout in flat | observation) ;; *) die "--layout takes flat or observation." ;; esac
  [ -n "$dest" ] || die "--dest is empty."
  shown=$dest
  case $dest in /*) ;; *) dest=./$dest ;; esac
  check_number MAST_CONNECT_TIMEOUT "$connect_timeout"
  check_number MAST_STALL_TIMEOUT "$stall_timeout"
  check_number MAST_SLOWEST "$slowest"
  check_number MAST_TRIES "$tries"
  check_number MAST_BACKOFF "$backoff"
  check_number MAST_LONGEST_WAIT "$longest_wait"
  check_number MAST_LOCK_WAIT "$lock_wait"
  check_server
}

check_number() {
  case $2 in '' | *[!0-9]* | ?????????*) die "$1 takes a whole number, not '$2'." ;; esac
}

check_server() {
  server=${server%/}
  case $server in
    *[!A-Za-z0-9.:/_~-]*) die "'$server' is no server: give scheme, host, port and path only." ;;
    https://?*) schemes='=https' ;;
    http://?*) schemes='=http,https' ;;
    *) die "'$server' is no server: it must begin with https:// or http://." ;;
  esac
  origin_of "$server"
  home=$origin
  [ "$home" != "$server" ] || server=$home/api/v0.1/Download/file
}

origin_of() { # URL -> $origin, e.g. https://mast.stsci.edu
  origin=${1#*://}
  origin=${1%%://*}://${origin%%/*}
}

# Out of the environment before any program is started: none needs it there.
take_token() {
  token=''
  [ -n "${MAST_API_TOKEN:-}" ] || return 0
  { set +x; } 2>/dev/null # a trace would show it
  case $MAST_API_TOKEN in
    *[!A-Za-z0-9._~+/=-]*) die "MAST_API_TOKEN holds a character that no token has." ;;
  esac
  case $home in
    https://* | http://127.0.0.1 | http://127.0.0.1:* | http://localhost | http://localhost:*)
      token=$MAST_API_TOKEN
      ;;
    *) echo "The token stays here: $home is not https." ;;
  esac
  unset MAST_API_TOKEN
}

