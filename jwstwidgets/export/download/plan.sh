# --- what there is and what is missing -----------------------------------------------------------

make_work_folder() {
  try=0
  work=${TMPDIR:-/tmp}/jwst-download.$$
  until (umask 077 && mkdir "$work.$try") 2>/dev/null; do
    try=$((try + 1))
    [ "$try" -lt 10 ] || die "No folder can be made in ${TMPDIR:-/tmp}."
  done
  work=$(cd "$work.$try" && pwd) || die "There is no way into $work.$try."
  # bash keeps here-documents in files: in a folder that only the user can read.
  TMPDIR=$work
  export TMPDIR
}

enter_dest() {
  [ "$mode" != fetch ] || mkdir -p "$dest" || die "$dest cannot be made."
  # A folder that is not there yet holds no files: an empty one stands in for it.
  [ -d "$dest" ] || { mkdir "$work/empty" && dest=$work/empty; }
  cd "$dest" || die "There is no way into $dest."
}

choose_files() { # the lines of the list whose name matches --only
  while read -r size rights folder name uri; do
    # shellcheck disable=SC2254 # a pattern is what the user gave
    case $name in $only) printf '%s\n' "$size $rights $folder $name $uri" ;; esac
  done
}

# shellcheck disable=SC2012 # 9 fields: a name with white space in it is none of ours
present() { # folder, what to put before a name -> "size path" of the files in it
  ls -lnqL "./$1" 2>/dev/null | awk -v before="$2" 'NF == 9 && /^-/ { print $5, before $9 }'
}

# One listing per folder instead of one `wc` per file: 10,000 whole files are skipped at once.
# Written: "whole|wrong|absent size number unit rights path uri".
make_plan() {
  if [ "$only" = '*' ]; then list; else list | choose_files; fi >"$work/list"
  [ -s "$work/list" ] || die "No file name matches '$only'."
  if [ "$layout" = flat ]; then
    present . ''
  else
    awk '{ print $3 }' "$work/list" | sort -u | while read -r folder; do
      present "$folder" "$folder/"
    done
  fi >"$work/present"
  awk -v layout="$layout" "$human"'
    pass == 1 { there[$2] = $1; next }
    {
      path = (layout == "flat" ? "" : $3 "/") $4
      state = !(path in there) ? "absent" : \
        ($1 == "-" || there[path] + 0 == $1 + 0) ? "whole" : "wrong"
      print state, $1, ($1 == "-" ? "? B" : human($1)), $2, path, $5
    }' pass=1 "$work/present" pass=2 "$work/list" >"$work/plan"
}

# The same rule as jwstwidgets.units.format_bytes.
human='
  function human(size,  unit) {
    for (unit = 1; size >= 999.5 && unit < 7; unit++) size /= 1000
    return sprintf("%.3g %s", size, unit == 1 ? "B" : substr("kMGTPE", unit - 1, 1) "B")
  }'

say_plan() {
  awk -v dest="$shown" "$human"'
    { files++; bytes += $2 }
    $1 == "whole" { whole++ }
    $1 != "whole" { missing += $2 }
    END {
      printf "%d file%s, %s: %d whole already, %d (%s) to fetch into %s\n", files,
        files == 1 ? "" : "s", human(bytes), whole, files - whole, human(missing), dest
    }' "$work/plan"
}

list_plan() { # what to call a file that is not there
  awk -v absent="$1" '{
      state = $1 == "absent" ? absent : $1 == "wrong" ? "wrong size" : "whole"
      printf "%-10s %5s %-2s  %s\n", state, $3, $4, $6
    }' "$work/plan"
}

