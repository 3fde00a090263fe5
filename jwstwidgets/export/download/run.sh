# --- all files -----------------------------------------------------------------------------------

# Workers take lines from one queue; who holds the baton reads. A shell reads a pipe byte by byte,
# so nobody gets half a line, and a worker that waits for a slow server delays no other.
fetch_all() {
  awk '$1 != "whole"' "$work/plan" >"$work/todo"
  : >"$work/results"
  [ -s "$work/todo" ] || return 0
  if [ "$layout" = observation ]; then
    awk '{ sub(/\/[^\/]*$/, "", $6); print $6 }' "$work/todo" | sort -u | while read -r folder; do
      mkdir -p "./$folder"
    done
  fi
  mkfifo "$work/baton" "$work/queue" || die "No pipe can be made in $work."
  exec 4<>"$work/baton"
  echo >&4
  cat "$work/todo" >"$work/queue" 4<&- &
  feeder=$!
  exec 3<"$work/queue"
  worker=0
  while [ "$worker" -lt "$jobs" ]; do
    worker=$((worker + 1))
    work_off_queue &
    echo "$!" >"$lock/worker.$worker"
    workers="$workers $!"
  done
  exec 3<&-
  for pid in $workers; do wait "$pid"; done
}

work_off_queue() {
  trap - EXIT
  trap 'exec 2>/dev/null; kill "$!"; wait "$!"; exit 143' TERM
  while next_file; do
    if fetch; then
      [ "$size" != - ] || number=$wanted unit=B
      printf 'whole   %5s %-2s  %s\n' "$number" "$unit" "$path"
      echo "whole $wanted" >>"$work/results"
    else
      printf 'failed            %s: %s\n' "$path" "$why"
      printf '%s\n' "failed 0 $path: $why" >>"$work/results"
    fi
    # Nobody waits for a worker whose script was killed.
    kill -0 "$$" 2>/dev/null || exit 1
  done
}

next_file() {
  read -r _ <&4 || return 1
  read -r _ size number unit rights path uri <&3
  got=$?
  echo >&4
  return "$got"
}

summarize() { # exit status: are all whole?
  awk "$human"'
    pass == 1 { files++; if ($1 == "whole") { whole++; bytes += $2 } }
    pass == 2 && $1 == "whole" { whole++; bytes += $2 }
    pass == 2 && $1 == "failed" { sub(/^failed 0 /, ""); bad[++failed] = $0 }
    END {
      if (failed) print "\nNot whole:"
      for (i = 1; i <= failed; i++) print "  " bad[i]
      printf "%d of %d files whole, %s\n", whole, files, human(bytes)
      if (whole != files) print "Run the same command again to take up the rest."
      exit whole != files
    }' pass=1 "$work/plan" pass=2 "$work/results"
}

interrupted() { # exit status
  trap '' INT TERM HUP
  exec 2>/dev/null
  # shellcheck disable=SC2086 # a list of numbers
  kill $workers $feeder
  wait
  echo "Interrupted; run the same command again to go on."
  exit "$1"
}

clean_up() {
  [ -z "$work" ] || rm -rf "$work"
  [ -z "$locked" ] || rm -rf "$lock"
}

main() {
  read_options "$@"
  check_options
  take_token
  trap clean_up EXIT
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap 'interrupted 129' HUP
  make_work_folder
  enter_dest
  [ "$mode" != fetch ] || take_lock
  make_plan
  printf '%s\n' "$summary"
  case $mode in
    dry) list_plan fetch && say_plan && exit 0 ;;
    verify) list_plan missing && : >"$work/results" ;;
    fetch) choose_tool && say_plan && fetch_all ;;
  esac
  summarize
}

# One line per file: size in bytes, rights, folder, name, percent-encoded URI.
list() {
  cat <<'END_OF_LIST'
@LIST@
END_OF_LIST
}

main "$@"
