# Whether the manager of this user looks for units in directories: y or n, or ? where it does not say. What it says of a
# directory that is a link may name where that leads.
searched() {
  known=
  elsewhere=
  if [ -S "$XDG_RUNTIME_DIR/systemd/private" ]; then
    known=$(systemctl --user show -p UnitPath 2>/dev/null | head -c 65536)
    known=${known#UnitPath=}
    case $(systemctl --user show-environment 2>/dev/null | head -c 65536) in *XDG_CONFIG_HOME=*) elsewhere=yes ;; esac
  fi
  for path do
    case " $known " in
      *" $path "*) echo y ;;
      *) if [ -n "$known" ] && [ -n "$elsewhere" ]; then echo n; else echo '?'; fi ;;
    esac
  done
}
