# --- one file ------------------------------------------------------------------------------------

# $size $rights $path $uri -> whole (0), or not (1) and $why.
fetch() {
  part=$path.part heads=$path.part.head why='' failed=0 reached=0
  if [ -d "$path" ]; then
    why='a folder has its name'
    return 1
  fi
  # A link could lead the bytes out of the folder.
  for file in "$part" "$heads" "$part.more"; do
    if [ -h "$file" ]; then rm -f "$file"; fi
  done
  while :; do
    find_offset
    if [ "$offset" -gt 0 ] && [ "$offset" = "$wanted" ]; then
      accept && return 0
    fi
    transfer
    judge
    case $outcome in
      whole) return 0 ;;
      over) break ;;
      again) failed=$((failed + 1)) ;;
    esac
    if [ "$outcome" = again ]; then
      [ "$failed" -lt "$tries" ] || break
      pause || break
    fi
  done
  [ -s "$part" ] || rm -f "$part" "$heads"
  return 1
}

# From which byte on? Only what the server announced in the right length is worth keeping: the
# first bytes of a web page are not the first bytes of a file.
find_offset() { # -> $offset $wanted $tag
  offset=0 wanted=$size tag=-
  if [ -s "$part" ]; then
    describe "$heads"
    [ "$wanted" != - ] || wanted=$total
    case $status:$kind in
      200:text/html*) ;;
      200:*)
        if [ "$total" != - ] && [ "$total" = "$wanted" ]; then measure && offset=$measured; fi
        ;;
    esac
    if [ "$offset" -gt $((reached + 1048576)) ]; then failed=0; fi # it gets on
    reached=$offset
  fi
  if [ "$offset" -eq 0 ] || [ "$offset" -gt "$wanted" ]; then start_over; fi
}

measure() { # bytes of .part on the disk -> $measured; by way of a file, which saves a fork
  wc -c <"$part" >"$work/bytes.$worker"
  read -r measured <"$work/bytes.$worker"
}

start_over() {
  offset=0
  if [ -e "$part" ] || [ -e "$heads" ]; then rm -f "$part" "$heads"; fi
}

# Ask, and follow redirects of restricted files by hand: the token is for the archive alone.
transfer() {
  url="$server?uri=$uri" auth='' hops=0 answer=$heads
  [ "$rights" = public ] || auth=$token
  [ "$offset" -eq 0 ] || answer=$work/answer.$worker
  while :; do
    "$ask"
    case $auth:$hops:$code in
      :* | *:5:*) return ;;
      *:30[12378]) ;;
      *) return ;;
    esac
    describe "$answer"
    case $home:$place in
      http*:https://* | http://*:http://*) url=$place ;;
      *:/*) url=$home$place ;;
      *) return ;;
    esac
    origin_of "$url"
    [ "$origin" = "$home" ] || auth=''
    hops=$((hops + 1))
  done
}

# What came of it -> $outcome: whole, fresh (from zero, at once), again (later), over; and $why.
judge() {
  outcome=again
  if [ "$offset" -gt 0 ]; then
    # The whole file instead of the rest, or no such rest: another version, or no ranges there.
    case $rc:$code in 33:* | *:200 | *:416) outcome=fresh && start_over && return ;; esac
  fi
  case $rc:$code in
    0:200 | 0:206)
      if accept; then outcome=whole; else outcome=over && start_over; fi
      ;;
    23:*) outcome=over why="cannot write; is the disk full?" ;;
    63:*) outcome=over why="longer than the list says; the product may have been replaced" ;;
    *:401 | *:403) outcome=over && explain_refusal ;;
    *:404 | *:410) outcome=over why="the archive does not have it (HTTP $code)" ;;
    *:408 | *:425 | *:429 | *:5??) why="HTTP $code" ;;
    *:000 | *:2??)
      why=
      read -r why <"$work/words.$worker"
      why="connection: $(printf '%s\n' "$why" | tr -cd '\040-\176')"
      ;;
    *) outcome=over why="HTTP $code" ;;
  esac
}

explain_refusal() {
  why="refused (HTTP $code)"
  [ "$rights" = public ] && return
  why="under exclusive access: set MAST_API_TOKEN (https://auth.mast.stsci.edu/token)"
  [ -z "$token" ] || why="refused (HTTP $code): MAST_API_TOKEN has expired, or gives no access"
}

# The check on the disk, and only then the name.
accept() {
  wanted=$size
  [ -e "$part" ] || : >"$part" # no program makes a file of no bytes
  measure
  if [ "$measured" != "$wanted" ]; then
    describe "$heads"
    case $kind in text/html*) why='a web page came instead of the file' && return 1 ;; esac
    [ "$size" != - ] || wanted=$total
    why="$measured bytes came, $wanted are listed; the product may have been replaced"
    [ "$wanted" != - ] || why='neither the archive nor the server states its size'
    [ "$measured" = "$wanted" ] || return 1
  fi
  why='cannot be renamed'
  mv -f "$part" "$path" || return 1
  rm -f "$heads" "$part.more"
}

pause() {
  seconds=$backoff doubled=1
  while [ "$doubled" -lt "$failed" ] && [ "$doubled" -lt 6 ]; do
    seconds=$((seconds * 2)) doubled=$((doubled + 1))
  done
  case $code in
    429 | 503)
      describe "$answer"
      [ "$retry" = - ] || seconds=$retry
      ;;
  esac
  if [ "$seconds" -gt "$longest_wait" ]; then
    why="HTTP $code; the server asks to wait $seconds s: run this again then"
    return 1
  fi
  [ "$seconds" -gt 0 ] || return 0
  sleep "$seconds" 3<&- 4<&- &
  wait "$!" # so that an interrupt need not wait for the end of the sleep
}

