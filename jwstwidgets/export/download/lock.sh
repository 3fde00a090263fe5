# --- one run at a time in a folder ---------------------------------------------------------------

# Two runs that append to one .part would mix their bytes. A run that was killed may leave
# programs behind that still write: their numbers are in the lock.
take_lock() {
  waited=0
  until mkdir "$lock" 2>/dev/null; do
    [ -d "$lock" ] || die "$dest cannot be written to."
    if still_writing; then
      [ "$waited" -lt "$lock_wait" ] || die "Another run writes to $dest (process $pid on $host).
Let it end, or stop it; if there is no such process, remove $dest/$lock"
      sleep 1
      waited=$((waited + 1))
    else
      mv "$lock" "$lock.$$" 2>/dev/null && rm -rf "$lock.$$"
    fi
  done
  locked=yes
  uname -n >"$lock/host"
  echo "$$" >"$lock/main"
}

still_writing() { # -> $pid, $host
  host='?' pid='?'
  # No number yet: another run is just making the lock.
  [ -s "$lock/main" ] || return 0
  { read -r host <"$lock/host" && read -r pid <"$lock/main"; } 2>/dev/null
  [ "$host" = "$(uname -n)" ] || return 0
  if kill -0 "$pid" 2>/dev/null; then
    waited=$lock_wait # a run that lives is not waited for
    return 0
  fi
  for number in "$lock"/worker.* "$lock"/tool.*; do
    if [ -s "$number" ] && read -r pid <"$number" && kill -0 "$pid" 2>/dev/null; then
      return 0
    fi
  done
  return 1
}

