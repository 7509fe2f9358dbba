#!/usr/bin/env bash
# Runs as root in the virtual machine (README.md): what limitrun makes of a real cgroup v2 with systemd. Prints a line
# for each check and ends with the number of those that failed.
cd /job || exit 99
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
    sed 's/^/      | /' "$out/err" 2>/dev/null | head -20
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

for who in as_root as_user in_scope; do
  $who --max-rss 64MB --policy immediate_kill -- alloc 300
  check "$who: the cap ends it with 110" 110 $?
  check "$who: nothing was printed by the command" "" "$(cat "$out/out")"
  check "$who: the kernel keeps the limit" kernel "$(report 'r.limits[0].enforced_by')"
  check "$who: the violation names its source" cgroup2 "$(report 'r.violations.find((v) => v.severity === "critical").source')"
  check "$who: the peak is not above the limit" true "$(report 'r.figures.peak_rss.value <= 1.03 * 64 * 1024 * 1024')"
  check "$who: no group is left" "" "$(empty groups)"
  $who --max-rss 64MB --policy immediate_kill -- sh -c 'exit 7'
  check "$who: the exit code is the command's" 7 $?
  $who --max-rss 64MB -- sh -c 'kill -9 $$'
  check "$who: a SIGKILL from elsewhere is not claimed" 137 $?
  $who --max-rss 64MB -- sh -c 'setsid sleep 1000 & (setsid sh -c "sleep 1000 & exit" &) ; env -i setsid -f sleep 1000; exit 3'
  check "$who: what goes to the background leaves the exit code" 3 $?
  check "$who: and is ended" "" "$(survivors)"
done

echo "--    what the doctor expects"
# Who would keep max_rss, by its JSON.
keeper() { node -e 'const r = JSON.parse(require("fs").readFileSync(0)); console.log(r.limits[0].enforced_by, r.limits[0].cap?.source)'; }
check "doctor: root" "kernel cgroup2" "$(limitrun doctor --json | keeper)"
check "doctor: the user, by systemd" "kernel cgroup2" "$(user limitrun doctor --json | keeper)"
check "doctor: the user in a scope" "kernel cgroup2" "$(user systemd-run --user --scope -q limitrun doctor --json | keeper)"
check "doctor: the user without its bus" "polling undefined" "$(user env XDG_RUNTIME_DIR=/none limitrun doctor --json | keeper)"
check "doctor: it has made no group" "" "$(groups)"

echo "--    side by side: systemd-run --user --scope -p MemoryMax=64M"
user systemd-run --user --scope -q -p MemoryMax=64M -p MemorySwapMax=0 alloc 300 >"$out/out" 2>"$out/err"
check "systemd-run ends it with" 137 $?

as_user --enforce kernel --max-rss 64MB -- true
check "--enforce kernel can be kept" 0 $?
as_user --enforce poll --max-rss 64MB --policy immediate_kill -- alloc 300
check "--enforce poll ends it too" 110 $?
check "by sampling" polling "$(report 'r.limits[0].enforced_by')"

echo "--    a cap that is not limitrun's"
rm -f "$out"/*
user systemd-run --user --scope -q -p MemoryMax=100M -p MemorySwapMax=0 \
  limitrun --no-record --report "$out/report" --max-rss 1GB -- alloc 600 >"$out/out" 2>"$out/err"
check "a foreign out-of-memory kill keeps its exit code" 137 $?
check "and is said to be foreign" 1 "$(grep -c 'not at the cap of this run' "$out/err")"

echo "--    limitrun is killed"
rm -f "$out"/*
user limitrun --no-record --max-rss 64MB -- sleep 1000 >"$out/out" 2>"$out/err" &
for _ in $(seq 100); do [ -n "$(survivors)" ] && break; sleep 0.1; done
supervisor=$(ps -eo pid,args | sed -n 's/^ *\([0-9]*\) .*node .*run.js.*/\1/p' | head -1)
kill -9 "$supervisor"
wait
check "the tree goes with it" "" "$(empty survivors)"
as_user --max-rss 64MB -- true
check "and its groups are gone after the next run" "" "$(empty groups)"

echo "--    the terminal"
rm -f "$out"/*
user script -qec "limitrun --no-record --quiet --max-rss 64MB -- sh -c 'tty; ps -o pgid= -p \$\$; ps -o tpgid= -p \$\$; exit 5'" "$out/typed" >/dev/null 2>&1
check "the exit code passes a terminal" 5 $?
check "the command is in the foreground of its terminal" 1 "$(sed -n '/dev.pts/{n;N;s/ //g;p}' "$out/typed" | tr -d '\r' | sort -u | wc -l)"
echo "--    fork bombs"
for who in as_root in_scope; do
  $who --max-processes 20 --policy immediate_kill -- sh -c 'f() { f & f & wait; }; f'
  check "$who: a fork bomb ends with 112" 112 $?
  check "$who: no group is left after it" "" "$(empty groups)"
done
echo "--    $failed failed"
exit "$failed"
