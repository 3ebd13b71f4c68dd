# What is not looked for where everybody sees it: in another root, and in the directories of a PATH.

# inside ROOT PATH...: n for what is certainly not there, y for what is, ? where a link leads somewhere, for it leads elsewhere
# from within.
inside() {
  root=${1%/}
  shift
  for path do
    rest=${path#/}
    at=$root
    while [ -n "$rest" ]; do
      at=$at/${rest%%/*}
      case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
      if [ -L "$at" ]; then
        echo '?'
        continue 2
      elif ! [ -e "$at" ]; then
        echo n
        continue 2
      fi
    done
    echo y
  done
}

# by_env SEARCH SCRIPT...: whether what the first line of a script asks env for is in the PATH of a manager (--system, --user) or
# in this one: y, n with its name, or ? where that is no such script, or is not certain.
by_env() {
  search=$1
  shift
  for path do
    wanted=
    asked_of_env "$path"
    case $wanted in '' | -* | *=*) echo '?' ;; /*) there "$wanted" ;; *) in_search ;; esac
  done
}

# asked_of_env SCRIPT: what env is to run, in $wanted. The kernel gives all that follows as one word, which -S takes apart.
asked_of_env() {
  line=
  IFS= read -r line 2>/dev/null <"$1" || [ -n "$line" ] || return 0
  case $line in *[![:print:][:blank:]]*) return 0 ;; '#!'*) line=${line#'#!'} ;; *) return 0 ;; esac
  line=${line#"${line%%[! 	]*}"}
  case $line in /usr/bin/env[\ \	]* | /bin/env[\ \	]*) line=${line#*/env} ;; *) return 0 ;; esac
  line=${line#"${line%%[! 	]*}"}
  line=${line%"${line##*[! 	]}"}
  case $line in
    -S*)
      line=${line#-S}
      line=${line#"${line%%[! 	]*}"}
      line=${line%%[ 	]*}
      case $line in *[\'\"\\\$]*) return 0 ;; esac
      ;;
  esac
  wanted=$line
}

there() {
  if [ -f "$1" ] && [ -x "$1" ]; then echo y; else printf 'n %s\n' "$1"; fi
}

in_search() {
  case $search in
    --*)
      [ -n "${path_of_manager-}" ] || path_of_manager=$(systemctl "$search" show-environment 2>/dev/null | head -c 65536 | sed -n 's/^PATH=//p')
      left=$path_of_manager
      ;;
    *) left=$search ;;
  esac
  # What is quoted, relative or not known is not taken apart.
  case :$left: in *[\'\"\\\$]* | *:[!/]* | *::*)
    echo '?'
    return
    ;;
  esac
  case $wanted in */*)
    echo '?'
    return
    ;;
  esac
  while [ -n "$left" ]; do
    if [ -f "${left%%:*}/$wanted" ] && [ -x "${left%%:*}/$wanted" ]; then
      echo y
      return
    fi
    case $left in *:*) left=${left#*:} ;; *) left= ;; esac
  done
  printf 'n %s\n' "$wanted"
}
