# The host's own systemd reads the staged files before anything is touched. Units of one scope stand in one directory,
# where systemd looks first; what is not staged it finds where it is.

# verify_in NUMBER: begins a directory.
verify_in() {
  dir=$work/verify/$1
  mkdir -- "$dir" "$dir.run" || stop_here "no room in $work"
  chmod 755 "$dir"
  to_verify=
}

# verify_unit UNIT STEP: a unit file that will be written.
verify_unit() {
  cp -- "$work/new/$2" "$dir/$1" || stop_here "no room in $work"
  to_verify="$to_verify $dir/$1"
}

# verify_drop_in DIRECTORY NAME STEP
verify_drop_in() {
  mkdir -p -- "$dir/$1"
  cp -- "$work/new/$3" "$dir/$1/$2" || stop_here "no room in $work"
}

# without_drop_in DIRECTORY NAME: one that will be removed.
without_drop_in() {
  mkdir -p -- "$dir/$1"
  ln -s /dev/null "$dir/$1/$2"
}

# verify_with SCOPE UNIT FILE: a unit of which only drop-ins change, from its own file or wherever it is loaded from.
verify_with() {
  if ! in_scope "$1" cat -- "$3" >"$dir/$2" 2>/dev/null; then
    from=$(fragment_of "$1" "$2")
    if [ -z "$from" ] || ! in_scope "$1" cat -- "$from" >"$dir/$2" 2>/dev/null; then
      rm -f -- "$dir/$2"
      return 0
    fi
  fi
  to_verify="$to_verify $dir/$2"
}

# excuse TEXT: what systemd will say because a later step of this plan is not done yet.
excuse() { printf '%s\n' "$1" >>"$work/excuses"; }

# verify SCOPE HOME: HOME is that of a user who will be created.
verify() {
  [ -n "$to_verify" ] || return 0
  command -v systemd-analyze >/dev/null 2>&1 || return 0
  chmod -R a+rX -- "$dir"
  # shellcheck disable=SC2086 # words
  case $1 in
    system) said=$(limit 60 systemd-analyze --no-pager --man=no --system verify $to_verify 2>&1) ;;
    *)
      if become_user "${1#user:}" 2>/dev/null; then
        [ "$own_id" = "$user_id" ] || chown -- "$user_id:$user_group" "$dir.run"
        runtime_dir=$dir.run
        said=$(in_scope "$1" $limiter_words systemd-analyze --no-pager --man=no --user verify $to_verify 2>&1)
      else
        said=$(limit 60 env -i LC_ALL=C PATH="$PATH" HOME="$2" XDG_RUNTIME_DIR="$dir.run" \
          systemd-analyze --no-pager --man=no --user verify $to_verify 2>&1)
      fi
      ;;
  esac
  ended=$?
  runtime_dir=
  [ $ended != 0 ] || return 0
  judge_verification "$1"
}

# It ends with 0 where there are only warnings: unknown keys, values that are ignored.
judge_verification() { # SCOPE
  said=$(printf '%s\n' "$said" | sed "s|$dir/||g")
  if [ -s "$work/excuses" ]; then
    rest=$(printf '%s\n' "$said" | grep -v -F -f "$work/excuses")
    if [ "$rest" != "$said" ]; then
      case $rest in
        *'not executable'* | *'not found'* | *'not loaded'* | *Refusing* | *'bad unit file'* | *fatal* | *masked* | *Failed*) ;;
        *) return 0 ;;
      esac
    fi
    said=$rest
  fi
  problem "the host's systemd refuses the new files of $1, so nothing was changed: $(explained $ended "$said")"
  given_up=all
}
