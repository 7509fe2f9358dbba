#!/usr/bin/env bash
# run.sh [PART...]
#
# Runs as root in the virtual machine (README.md): what limitrun makes of a real cgroup v2 with systemd. Prints a line
# for each check and ends with the number of those that failed. Without a PART those named in the file `parts` beside it
# are checked, without that file all.
cd /job || exit 99
export SYSTEMD_PAGER=cat
failed=0
gcc -O1 -o /usr/local/bin/alloc alloc.c || exit 99
mkdir -p /opt && cp -a package /opt/limitrun && chmod -R a+rX /opt/limitrun
ln -sf /opt/limitrun/bin/limitrun /usr/local/bin/limitrun
out=$(mktemp -d) && chmod 777 "$out"

# check NAME EXPECTED ACTUAL
check() {
  if [ "$2" = "$3" ]; then echo "ok    $1"; else
    failed=$((failed + 1))
    echo "FAIL  $1: expected '$2', got '$3'"
    # What limitrun itself has said first: a fork bomb says a lot.
    { grep '^limitrun:' "$out/err"; grep -v '^limitrun:' "$out/err"; } 2>/dev/null | head -20 | sed 's/^/      | /'
  fi
}
# Runs limitrun, with its errors in $out/err and its report in $out/report: as root, as the ordinary user where systemd
# has put nobody, and as the ordinary user in a scope.
as_root() { rm -f "$out"/*; limitrun --no-record --report "$out/report" "$@" >"$out/out" 2>"$out/err"; }
user() { runuser -u tester -- env HOME=/home/tester XDG_RUNTIME_DIR=/run/user/1000 "$@"; }
as_user() { rm -f "$out"/*; user limitrun --no-record --report "$out/report" "$@" >"$out/out" 2>"$out/err"; }
in_scope() {
  rm -f "$out"/*
  user systemd-run --user --scope -q limitrun --no-record --report "$out/report" "$@" >"$out/out" 2>"$out/err"
}
# A value of the report: an expression over `r`.
report() { node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(eval(process.argv[2]))' "$out/report" "$1" 2>&1; }
groups() { find /sys/fs/cgroup -name 'limitrun-*' -type d; }
# waits until `$1` prints nothing
empty() { for _ in $(seq 100); do [ -z "$($1)" ] && return; sleep 0.1; done; $1; }
survivors() { ps -eo pid,comm | grep ' sleep$'; }
# Kills limitrun itself, of which one runs.
kill_limitrun() {
  local supervisor
  supervisor=$(ps -eo pid,args | sed -n 's/^ *\([0-9]*\) node .*bin.start\.cjs .*/\1/p')
  check "one limitrun is found" 1 "$(echo "$supervisor" | grep -c .)"
  [ -n "$supervisor" ] && kill -9 "$supervisor"
}
# A command that would use a whole core, what was done to it, and the share of a core it got.
busy='while :; do :; done'
throttled() { report 'r.violations.find((v) => v.limit === "max_percent" && v.severity === "critical").actions[0]'; }
share='r.cpu_time_seconds / r.wall_time_seconds'
running() { ps -eo args | grep 'do :; done' | grep -v grep; }
# Whether `$1` prints anything within 20 s.
awaited() {
  local until=$((SECONDS + 20))
  while [ $SECONDS -lt $until ]; do [ -n "$($1)" ] && echo yes && return; done
  echo no
}
# The ordinary user's manager without the controller cpu, from now on. The empty line takes back what the unit delegates.
without_cpu() {
  mkdir -p /etc/systemd/system/user@.service.d
  printf '[Service]\nDelegate=\nDelegate=memory pids\n' >/etc/systemd/system/user@.service.d/delegate.conf
  systemctl daemon-reload && systemctl restart user@1000.service
  # It answers a little later.
  for _ in $(seq 100); do user systemctl --user is-active -q dbus.socket && break; sleep 0.1; done
  check "the user's manager is without cpu" "memory pids" \
    "$(cat /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers)"
}

# The cap on memory, exit codes, nobody left (M-08: delegated to the user or not, beside other groups)
part_memory() {
  for who in as_root as_user in_scope; do
    $who --max-rss 64MB --policy immediate_kill -- alloc 300
    check "$who: the cap ends it with 110" 110 $?
    check "$who: nothing was printed by the command" "" "$(cat "$out/out")"
    check "$who: the kernel keeps the limit" kernel "$(report 'r.limits[0].enforced_by')"
    check "$who: the peak is not above the limit" true "$(report 'r.figures.peak_rss.value <= 1.03 * 64 * 1024 * 1024')"
    check "$who: no group is left" "" "$(empty groups)"
    # What is charged to the group and to no process: here no sample can be first.
    $who --max-rss 64MB --policy immediate_kill -- sh -c 'head -c 300M /dev/zero >/dev/shm/filled; echo survived'
    check "$who: the cap ends what no sample sees, with 110" 110 $?
    check "$who: nothing was printed by that" "" "$(cat "$out/out")"
    check "$who: the violation names its source" cgroup2 "$(report 'r.violations.find((v) => v.severity === "critical").source')"
    rm -f /dev/shm/filled
    $who --max-rss 64MB --policy immediate_kill -- sh -c 'exit 7'
    check "$who: the exit code is the command's" 7 $?
    $who --max-rss 64MB -- sh -c 'kill -9 $$'
    check "$who: a SIGKILL from elsewhere is not claimed" 137 $?
    $who --max-rss 64MB -- sh -c 'setsid sleep 1000 & (setsid sh -c "sleep 1000 & exit" &) ; env -i setsid -f sleep 1000; exit 3'
    check "$who: what goes to the background leaves the exit code" 3 $?
    check "$who: and is ended" "" "$(survivors)"
  done
  # A unit that somebody else has made is there for as long as the run, and a stop of it stops the run.
  rm -f "$out"/*
  user systemd-run --user --scope -q --unit=job limitrun --no-record --max-rss 64MB -- sleep 1000 >"$out/out" 2>"$out/err" &
  check "job.scope: the command runs" yes "$(awaited survivors)"
  check "job.scope: is there" active "$(user systemctl --user is-active job.scope)"
  check "job.scope: limitrun is in a scope that does not end with what is killed" continue \
    "$(user systemctl --user show --value -p OOMPolicy "$(user systemctl --user list-units --plain --no-legend 'limitrun-*.scope' | cut -d' ' -f1)")"
  user systemctl --user stop job.scope
  wait $!
  check "job.scope: a stop of it ends the run" 143 $?
  check "job.scope: and nobody is left" "" "$(empty survivors)"
  user systemd-run --user --scope -q --unit=job limitrun --no-record --max-rss 64MB -- sleep 1000 >"$out/out" 2>"$out/err" &
  check "job.scope: the command runs again" yes "$(awaited survivors)"
  kill_limitrun
  wait
  check "job.scope: the tree goes with limitrun" "" "$(empty survivors)"
  units() { user systemctl --user list-units --plain --no-legend 'job.scope' 'limitrun-*.scope'; }
  check "job.scope: nor is a unit left" "" "$(empty units)"
}

# What the doctor expects
part_doctor() {
  # Who would keep max_rss, by its JSON.
  keeper() { node -e 'const r = JSON.parse(require("fs").readFileSync(0)); console.log(r.limits[0].enforced_by, r.limits[0].cap?.source)'; }
  check "doctor: root" "kernel cgroup2" "$(limitrun doctor --json | keeper)"
  check "doctor: the user, by systemd" "kernel cgroup2" "$(user limitrun doctor --json | keeper)"
  check "doctor: the user in a scope" "kernel cgroup2" "$(user systemd-run --user --scope -q limitrun doctor --json | keeper)"
  check "doctor: the user without its bus" "polling undefined" "$(user env XDG_RUNTIME_DIR=/none limitrun doctor --json | keeper)"
  check "doctor: it has made no group" "" "$(groups)"
}

# Side by side: systemd-run --user --scope -p MemoryMax=64M, and sampling
part_beside() {
  user systemd-run --user --scope -q -p MemoryMax=64M -p MemorySwapMax=0 alloc 300 >"$out/out" 2>"$out/err"
  check "systemd-run ends it with" 137 $?
  check "nothing was printed by the command" "" "$(cat "$out/out")"
  as_user --max-rss 64MB --policy immediate_kill -- alloc 300
  check "limitrun ends it with" 110 $?
  check "nothing was printed by the command here either" "" "$(cat "$out/out")"
  as_user --enforce kernel --max-rss 64MB -- true
  check "--enforce kernel can be kept" 0 $?
  as_user --enforce poll --max-rss 64MB --policy immediate_kill -- alloc 300
  check "--enforce poll ends it too" 110 $?
  check "by sampling" polling "$(report 'r.limits[0].enforced_by')"
}

# A cap that is not limitrun's
part_foreign() {
  rm -f "$out"/*
  user systemd-run --user --scope -q -p MemoryMax=100M -p MemorySwapMax=0 \
    limitrun --no-record --report "$out/report" --max-rss 1GB -- alloc 600 >"$out/out" 2>"$out/err"
  check "a foreign out-of-memory kill keeps its exit code" 137 $?
  check "and is said to be foreign" 1 "$(grep -c 'not at the cap of this run' "$out/err")"
}

# limitrun is killed
part_killed() {
  rm -f "$out"/*
  user limitrun --no-record --max-rss 64MB -- sleep 1000 >"$out/out" 2>"$out/err" &
  for _ in $(seq 100); do [ -n "$(survivors)" ] && break; sleep 0.1; done
  kill_limitrun
  wait
  check "the tree goes with it" "" "$(empty survivors)"
  as_user --max-rss 64MB -- true
  check "and its groups are gone after the next run" "" "$(empty groups)"

  # While the kernel holds CPU time back.
  capped() { cat $(groups | sed 's,$,/cpu.max,') /dev/null 2>/dev/null | grep -v max; }
  user limitrun --no-record --max-cpu 5 --policy throttle -- sh -c "$busy" >"$out/out" 2>"$out/err" &
  check "the kernel throttles" yes "$(awaited capped)"
  kill_limitrun
  wait
  check "a throttled tree goes with it" "" "$(empty running)"
  as_user --max-rss 64MB -- true
  check "and its groups too after the next run" "" "$(empty groups)"
}

# The terminal
part_terminal() {
  rm -f "$out"/*
  user script -qec "limitrun --no-record --quiet --max-rss 64MB -- sh -c 'tty; ps -o pgid= -p \$\$; ps -o tpgid= -p \$\$; exit 5'" "$out/typed" >/dev/null 2>&1
  check "the exit code passes a terminal" 5 $?
  check "the command is in the foreground of its terminal" 1 "$(sed -n '/dev.pts/{n;N;s/ //g;p}' "$out/typed" | tr -d '\r' | sort -u | wc -l)"
}

# The peak that the kernel has counted
part_peak() {
  for who in as_root as_user; do
    $who --max-rss 500MB -- alloc 100
    check "$who: the peak names its source" cgroup2 "$(report 'r.figures.peak_group_memory.source')"
    check "$who: it is what was allocated" true "$(report 'const p = r.figures.peak_group_memory.value / 2 ** 20; p >= 100 && p < 110')"
    $who --interval 10s --max-rss 500MB -- sh -c 'for i in 1 2 3 4 5 6 7 8; do alloc 20 & done; wait'
    check "$who: children that no sample has met are in it" true "$(report 'r.figures.peak_group_memory.value >= 20 * 2 ** 20')"
  done
}

# Throttling by the kernel
part_throttle() {
  # What the second before it is known has cost is made up for within some seconds more.
  for who in as_root as_user in_scope; do
    $who --max-cpu 20 --policy throttle --timeout 20s -- sh -c "$busy"
    check "$who: the timeout ends it" 124 $?
    check "$who: the kernel throttles" "throttled to 20.0% by the kernel (cgroup2)" "$(throttled)"
    check "$who: and has said so before" kernel "$(report 'r.limits[0].enforced_by')"
    check "$who: the share is kept" true "$(report "$share < 0.3")"
    check "$who: no group is left" "" "$(empty groups)"
  done
}

# Throttling without the controller cpu, by freezing
part_freeze() {
  without_cpu
  cpu_cap() { user limitrun doctor --json | node -e 'console.log(JSON.parse(require("fs").readFileSync(0)).findings.find((one) => one.id === "cpu_cap").state)'; }
  check "the doctor knows that it is not to be had" no "$(cpu_cap)"
  in_scope --max-cpu 20 --policy throttle --timeout 20s -- sh -c "$busy"
  check "in_scope: limitrun throttles" "throttled to 20.0%" "$(throttled)"
  check "in_scope: the share is kept" true "$(report "$share < 0.3")"
  # What the groups of runs say of themselves; who of the command is stopped by a signal.
  frozen() { cat $(groups | sed 's,$,/cgroup.events,') /dev/null 2>/dev/null | grep 'frozen 1'; }
  stopped() { ps -eo stat,args | grep '^T.*do :; done' | grep -v grep; }
  rm -f "$out"/*
  user systemd-run --user --scope -q limitrun --no-record --max-cpu 5 --policy throttle -- sh -c "$busy" >"$out/out" 2>"$out/err" &
  check "in_scope: the group is frozen for that" yes "$(awaited frozen)"
  check "in_scope: nobody is stopped by a signal" "" "$(for _ in $(seq 20); do stopped; sleep 0.02; done)"
  # limitrun is killed while the group is frozen.
  awaited frozen >/dev/null
  kill_limitrun
  wait
  check "in_scope: a frozen tree goes with limitrun" "" "$(empty running)"
  check "in_scope: no group stays frozen" "" "$(empty frozen)"
  as_user --max-rss 64MB -- true
  check "in_scope: nor stays at all after the next run" "" "$(empty groups)"
}

# Fork bombs
part_bombs() {
  printf '#include <unistd.h>\nint main(void) { for (;;) fork(); }\n' >bomb.c && gcc -O1 -o /usr/local/bin/bomb bomb.c
  bombs() { pgrep bomb; }
  # bomb WHO POLICY
  bomb() {
    local began=$SECONDS
    $1 --max-processes 50 --grace-period 2s --policy "$2" -- bomb
    check "$1: a fork bomb under $2 ends with 112" 112 $?
    check "$1: nobody survives it" "" "$(empty bombs)"
    check "$1: no group is left after it" "" "$(empty groups)"
    echo "      it took $((SECONDS - began)) s, $(report 'r.figures.peak_processes.value') processes at most"
  }
  # With the controller cpu the tree is one among others for the scheduler: without it is the harder case.
  without_cpu
  for policy in immediate_kill graceful_shutdown; do
    for who in as_root as_user in_scope; do bomb $who $policy; done
  done
}

# Fork bombs of a shell
part_shell_bombs() {
  local began who
  shell_bombs() { pgrep -xf 'sh -c f\(\).*'; }
  for who in as_root in_scope; do
    began=$SECONDS
    $who --max-processes 20 --policy immediate_kill -- sh -c 'f() { f & f & wait; }; f'
    check "$who: a fork bomb of a shell ends with 112" 112 $?
    check "$who: nobody survives it" "" "$(empty shell_bombs)"
    check "$who: no group is left after it" "" "$(empty groups)"
    echo "      it took $((SECONDS - began)) s, $(report 'r.figures.peak_processes.value') processes at most"
  done
}

PARTS='memory doctor beside foreign killed terminal peak throttle freeze bombs shell_bombs'
parts=${*:-$(cat parts 2>/dev/null)}
for part in ${parts:-$PARTS}; do
  echo "--    $part"
  part_began=$SECONDS
  case " $PARTS " in
  *" $part "*) "part_$part" ;;
  *) check "the parts" "some of $PARTS" "$part" ;;
  esac
  echo "--    $part took $((SECONDS - part_began)) s"
done
echo "--    $failed failed"
exit "$failed"
