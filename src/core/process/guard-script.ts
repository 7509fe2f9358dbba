/**
 * What the guard's `/bin/sh` runs (POSIX sh; grep -z of GNU or busybox, and the same without it). Argument: the run's
 * id, hexadecimal, which LIMITRUN_RUN_ID of every process of the run holds, alone or between slashes. Standard input:
 * lines `child PID START_TIME SESSION` (the last is the session that limitrun was started in), `group DIRECTORY` (a
 * control group around it), `mend TERMINAL TEXT` (or `mend` alone: nothing is to be mended any more) and at the end
 * `goodbye`. The end of the input without a goodbye means that limitrun was killed.
 *
 * The groups are killed at once where the kernel can do that. The tree is then found by its groups, by the marker in
 * /proc/PID/environ, by the child's pid with its start time (field 22 of /proc/PID/stat, proc(5)), and from these by
 * their children. What is found is stopped first, so that it does not fork on, then killed; again until two looks in a
 * row find nothing, 50 times at most. Groups that stood still or were held back are let go: what the freezer of v1
 * holds does not die before, and who has no CPU time takes long to.
 *
 * A process that goes on in a child of its own every few milliseconds is gone before grep comes to it. So when nobody is
 * found those are looked at who are being started just then (the last word of /proc/loadavg), without starting anybody.
 * Of a session that one of the tree has made the whole process group is killed, also who is just being started.
 *
 * The guard does not carry the marker itself and is no child of the tree, so it never finds itself.
 */
export const GUARD_SCRIPT = String.raw`
trap '' INT QUIT HUP TERM TSTP TTIN TTOU PIPE USR1 USR2 ALRM
id=$1 child= started= callers= terminal= mending= groups=
while read -r word pid start; do
  case $word in
    child)
      child=$pid started=${'$'}{start%% *} callers=
      case $start in *' '*) callers=${'$'}{start#* } ;; esac
      ;;
    group) groups="$groups$pid${'$'}{start:+ $start}
" ;;
    mend) terminal=$pid mending=$start ;;
    goodbye) exit 0 ;;
  esac
done

# Beside the rest: a terminal that is stopped must not hold it up.
if [ -c "$terminal" ]; then printf %s "$mending" >"$terminal" & fi 2>/dev/null

# Writes $1 into the file $2 of each group, where there is such a file.
control() {
  while read -r group; do
    [ -e "$group/$2" ] && echo "$1" >"$group/$2"
  done <<END
$groups
END
} 2>/dev/null

let_go() {
  control max cpu.max
  control -1 cpu.cfs_quota_us
  control 0 cgroup.freeze
  control THAWED freezer.state
}

control max cpu.max
control 1 cgroup.kill

# Of process $1 its $state, process $crew, $session and start time ($since); fails when it is gone.
look() {
  line=
  while read -r part; do line="$line $part"; done </proc/$1/stat || return 1
  set -- ${'$'}{line##*') '}
  state=$1 crew=$3 session=$4
  shift 19 || return 1
  since=$1
} 2>/dev/null

# Whether the marker is in the environment $1. A shell reads variables without what stands between them: where another
# one begins (a hook knows the id too), there is a "=" before the id.
carries() {
  while read -r entry || [ -n "$entry" ]; do
    case $entry in *LIMITRUN_RUN_ID=*"$id"*) ;; *) continue ;; esac
    entry=${'$'}{entry#*LIMITRUN_RUN_ID=}
    case ${'$'}{entry%%"$id"*} in *=*) ;; *) return 0 ;; esac
  done <"$1"
  return 1
} 2>/dev/null

marked() {
  if [ -n "$grep" ]; then
    "$grep" -lzE "^LIMITRUN_RUN_ID=(.*/)?$id(/|$)" /proc/[0-9]*/environ
    return
  fi
  for file in /proc/[0-9]*/environ; do
    if carries "$file"; then echo "$file"; fi
  done
} 2>/dev/null

# Adds process $1 and what it has started to $found.
add() {
  case $1 in 0 | 1) return ;; esac
  case " $found " in *" $1 "*) return ;; esac
  look "$1" || return
  case $state in Z | X) return ;; esac
  kill -STOP "$1" 2>/dev/null
  found="$found $1"
  add_crew
}

# The same for its process group, if a member of the tree has made its session: nobody else can be in it.
add_crew() {
  case $session in '' | 0 | 1 | "$callers") return ;; esac
  [ -n "$callers" ] || return
  kill -STOP "-$crew" 2>/dev/null
  case " $found " in *" -$crew "*) ;; *) found="$found -$crew" ;; esac
}

# Looks at those who are being started now, a thousand times or until one is found, who is added.
chase() {
  read -r one one one one last </proc/loadavg || return
  tries=0
  while [ $tries -lt 1000 ] && [ -z "$found" ]; do
    tries=$((tries + 1))
    read -r one one one one newest </proc/loadavg
    if [ "$newest" -lt "$last" ]; then last=$newest; fi
    if [ "$last" -lt "$newest" ]; then
      last=$((last + 1))
      meet "$last"
    fi
  done
} 2>/dev/null

# Adds process $1 if it carries the marker. By the time that is known it may be gone: then its group is left.
meet() {
  look "$1" && carries "/proc/$1/environ" || return
  add_crew
  kill -KILL "$1"
  found="$found $1"
} 2>/dev/null

grep=
for path in /usr/bin/grep /bin/grep; do
  if [ -x "$path" ] && echo x | "$path" -qzE '^x' 2>/dev/null; then grep=$path; break; fi
done

empty=0 rounds=0
while [ $empty -lt 2 ] && [ $rounds -lt 50 ]; do
  found=
  if [ -n "$child" ] && look "$child" && [ "$since" = "$started" ]; then add "$child"; fi
  while read -r group; do
    [ -n "$group" ] || continue
    for list in "$group"/cgroup.procs "$group"/*/cgroup.procs; do
      [ -r "$list" ] && while read -r one; do add "$one"; done <"$list"
    done
  done 2>/dev/null <<END
$groups
END
  for path in $(marked); do
    path=${'$'}{path#/proc/}
    add "${'$'}{path%/environ}"
  done
  known=
  while [ "$known" != "$found" ]; do
    known=$found
    for member in $known; do
      for list in /proc/$member/task/*/children; do
        read -r children <"$list"
        for one in $children; do add "$one"; done
        children=
      done 2>/dev/null
    done
  done
  if [ -z "$found" ]; then chase; fi
  if [ -z "$found" ]; then empty=$((empty + 1)); else
    empty=0
    for signal in KILL CONT; do kill -$signal $found 2>/dev/null; done
  fi
  let_go
  rounds=$((rounds + 1))
  sleep 0.05 2>/dev/null
done
`;
