# What is at paths, as whoever runs this sees it: a line for each. Nothing but the shell itself is run, and nothing is changed.

# d: a directory that can be entered, D: one that cannot; f, with r, x and what is wrong with the first line of a script (! for
# its interpreter, c for a carriage return, t where it is no script and no program); o: anything else; a: nothing; h and the length of the directory that hides it.
look() {
  for path do
    if [ -d "$path" ]; then
      if [ -x "$path" ]; then echo d; else echo D; fi
    elif [ -f "$path" ]; then
      seen=f
      ! [ -x "$path" ] || seen=${seen}x
      if [ -r "$path" ]; then
        seen=${seen}r
        case $seen in *x*) first_line ;; esac
      fi
      echo "$seen"
    elif [ -e "$path" ]; then
      echo o
    else
      look_above
    fi
  done
}

look_above() {
  above=$path
  while :; do
    above=${above%/*}
    if [ -d "${above:-/}" ]; then
      if [ -x "${above:-/}" ]; then echo a; else echo "h ${#above}"; fi
      return
    elif [ -z "$above" ] || [ -e "$above" ]; then
      echo a
      return
    fi
  done
}

# Whether something can be written below directories that need not be there: r, or n for one that is there and may not be written
# to, f for what is no directory, each with its length.
room() {
  for path do
    above=$path
    while :; do
      if [ -d "${above:-/}" ]; then
        if [ -w "${above:-/}" ] && [ -x "${above:-/}" ]; then echo r; else echo "n ${#above}"; fi
        break
      elif [ -e "$above" ] || [ -L "$above" ]; then
        echo "f ${#above}"
        break
      fi
      above=${above%/*}
    done
  done
}

# A script runs by the program that its first line names; the kernel takes a carriage return for a part of that name.
first_line() {
  line=
  IFS= read -r line <"$path" 2>/dev/null || [ -n "$line" ] || {
    [ -s "$path" ] || seen=${seen}t
    return 0
  }
  case $line in
    '#!'*) ;;
    *[![:print:][:blank:]]*) return 0 ;;
    *)
      no_format
      return 0
      ;;
  esac
  line=${line#'#!'}
  case $line in
    *"$return")
      seen=${seen}c
      return
      ;;
  esac
  # Blanks before it, and what comes behind it.
  line=${line#"${line%%[! 	]*}"}
  line=${line%%[ 	]*}
  case $line in /*) { [ -f "$line" ] && [ -x "$line" ]; } || seen=$seen! ;; esac
}

# Text without such a line is not executed, unless the kernel was told how (binfmt_misc).
no_format() {
  for format in /proc/sys/fs/binfmt_misc/*; do
    case ${format##*/} in '*' | register | status) ;; *) return ;; esac
  done
  seen=${seen}t
}

return=$(printf '\r')
