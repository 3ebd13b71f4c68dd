# Where things are that abide keeps on a host.
places() { # ROUTE REASON
  if [ "$1" = none ]; then
    state=${XDG_STATE_HOME:-$HOME/.local/state}/abide
    runtime=$state
    # Where abide was root before, and never this user, an order to this user is not what was meant.
    if [ -d /var/lib/abide ] && ! [ -d "$state" ]; then
      case $2 in
        'the manifest says become: never') ;;
        *)
          printf '%s\n' "$2" >&2
          exit 77
          ;;
      esac
    fi
  else
    state=/var/lib/abide
    runtime=/run/abide
  fi
  ledgers=$state/ledger
  suspended=$state/suspended
  lock=$runtime/lock
}
