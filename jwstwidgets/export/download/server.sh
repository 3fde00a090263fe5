# --- one answer from the server ------------------------------------------------------------------

choose_tool() {
  if command -v curl >/dev/null 2>&1; then
    ask=ask_with_curl
  else
    case $(wget --version 2>/dev/null) in
      'GNU Wget 1.'*) ask=ask_with_wget ;;
      *) die "Neither curl nor GNU wget is installed; install one of them." ;;
    esac
  fi
}

# Both: ask for $url from byte $offset, into $part, the answer's headers into $answer.
# Set $rc and $code (000: no answer). The token goes by standard input or a private file, never
# by the command line, which `ps` shows. Users' own settings (.curlrc, .wgetrc) are left out.

ask_with_curl() {
  options="location"
  [ -z "$auth" ] || options="header = \"Authorization: token $auth\""
  [ "$size" = - ] || options="$options
max-filesize = $size"
  if [ "$offset" -gt 0 ]; then
    options="$options
continue-at = $offset"
    bare=${tag#\"}
    bare=${bare%\"}
    [ "$bare" = "$tag" ] || tag="\\\"$bare\\\""
    [ "$tag" = - ] || options="$options
header = \"If-Range: $tag\""
  fi
  curl -q --config - --silent --show-error --fail --globoff --max-redirs 5 \
    --proto '=http,https' --proto-redir "$schemes" --connect-timeout "$connect_timeout" \
    --speed-limit "$slowest" --speed-time "$stall_timeout" --user-agent "$agent" \
    --write-out '%{http_code}\n' --dump-header "$answer" --output "$part" \
    >"$work/code.$worker" 2>"$work/words.$worker" 3<&- 4<&- <<END_OF_OPTIONS &
url = "$url"
$options
END_OF_OPTIONS
  wait_for_tool
  read -r code <"$work/code.$worker" || code=000
}

ask_with_wget() {
  into=$part redirects=5 options=''
  [ -z "$auth" ] || redirects=0 options="header = Authorization: token $auth"
  if [ "$offset" -gt 0 ]; then
    # Appended below only if the server did send the rest and not something else.
    into=$part.more
    [ "$tag" = - ] || options="$options
header = If-Range: $tag"
  fi
  cat >"$work/wgetrc.$worker" <<END_OF_OPTIONS
$options
END_OF_OPTIONS
  # Another home: no ~/.netrc, no ~/.wget-hsts.
  HOME=$work wget --config="$work/wgetrc.$worker" --no-verbose --server-response --tries=1 \
    --connect-timeout="$connect_timeout" --dns-timeout="$connect_timeout" \
    --read-timeout="$stall_timeout" --max-redirect="$redirects" --user-agent="$agent" \
    --start-pos="$offset" --output-document="$into" --output-file="$answer" --input-file=- \
    3<&- 4<&- <<END_OF_URL &
$url
END_OF_URL
  wait_for_tool
  tail -n 1 "$answer" >"$work/words.$worker"
  describe "$answer"
  code=$status
  if [ "$offset" -gt 0 ]; then
    [ "$code" != 206 ] || cat "$into" >>"$part" || rc=3
    rm -f "$into"
  fi
  [ "$rc" -ne 3 ] || rc=23 # "cannot write", as curl says it
}

wait_for_tool() {
  echo "$!" >"$lock/tool.$worker"
  wait "$!"
  rc=$?
}

# Headers of the last answer in a file -> $status $total $kind $retry $place $tag; "-": not said.
describe() {
  # By way of a file: bash 3.2 loses its way in quotes inside $( ) inside a here-document.
  awk '
    function forget() { total = kind = retry = place = tag = "-"; ranged = 0 }
    BEGIN { status = "000"; forget() }
    { sub(/\r$/, ""); sub(/^ +/, ""); key = tolower($1) }
    /^HTTP\// { forget(); status = $2; next }
    key == "content-length:" && !ranged { total = $2 }
    key == "content-range:" { ranged = 1; total = $0; sub(/^.*\//, "", total) }
    key == "content-type:" { kind = tolower($2) }
    key == "retry-after:" && NF == 2 && $2 ~ /^[0-9]+$/ && length($2) < 9 { retry = $2 }
    key == "location:" && $2 ~ /^[^"\\]+$/ { place = $2 }
    key == "etag:" && $2 ~ /^"[A-Za-z0-9.:+=_-]+"$/ { tag = $2 }
    key == "last-modified:" && tag == "-" && /^[A-Za-z0-9:, +-]+$/ {
      tag = $0; sub(/^[^ ]+ +/, "", tag)
    }
    END { print status, total, kind, retry, place, tag }' "$1" >"$work/said.$worker" 2>/dev/null
  read -r status total kind retry place tag <"$work/said.$worker" || status=000 total=-
  case $total in '' | *[!0-9]*) total=- ;; esac
}

