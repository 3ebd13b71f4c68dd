# prepares a host for capture, as root
set -e
systemctl daemon-reload
useradd -m -u 1500 idle 2>/dev/null || :
loginctl enable-linger deploy
systemctl start user@1000.service
rm -rf /home/deploy/.config /home/deploy/odd* /home/deploy/secret.env /home/deploy/was-secret
cat >/tmp/u.sh <<'U'
set -e
export XDG_RUNTIME_DIR=/run/user/1000 HOME=/home/deploy
umask 022
d=$HOME/.config/systemd/user
mkdir -p $d/sidekiq.service.d
printf '[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=default.target\n' >$d/sidekiq.service
printf '[Service]\nNice=1\n' >$d/sidekiq.service.d/10-x.conf
printf '[Service]\nNice=2\n' >"$d/sidekiq.service.d/od d
x.conf"
printf '[Service]\nExecStart=/bin/sleep 99\n' >$d/app@.service
printf 'old' >"$HOME/odd 'na
me' \$x"
(umask 077; printf 'canary' >$HOME/secret.env; printf 'canary' >$HOME/was-secret)
ln -s /etc/passwd $d/alias.service
ln -s 'a
b' $d/odd-target.service
ln -s x "$d/odd
name.service"
systemctl --user daemon-reload
systemctl --user enable --now sidekiq.service
systemctl --user start app@a.service app@stray.service
U
runuser -u deploy -- sh /tmp/u.sh
mkdir -p /var/lib/abide/ledger
cat >/var/lib/abide/ledger/shop <<'L'
abide-ledger 1
user deploy
linger deploy
file user:deploy /home/deploy/.config/systemd/user/sidekiq.service claimed
file user:deploy /home/deploy/.profile claimed
file user:deploy /home/deploy/gone%0A-x%27%24%0A claimed
unit system dbus.socket - - -
unit user:deploy old%5Cx2d.service - - -
unit user:deploy sidekiq.service - - enabled
end
L
printf 'abide-ledger 1\nunit system cron.service - - enabled\nend\n' >/var/lib/abide/ledger/other
printf 'abide-ledger 9\n' >/var/lib/abide/ledger/newer
