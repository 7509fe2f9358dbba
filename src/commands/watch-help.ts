const TEXT = `Watch a command, a run or a process, with a live table.

Usage: limitrun watch [FLAGS] -- COMMAND [ARG...]
       limitrun watch RUN [--quiet] [--verbose] [--progress-interval DURATION]
       limitrun watch PID [LIMITS] [POLICIES] [FLAGS]

-- COMMAND   the same as limitrun run --progress live: the table is pinned below
             the command's output.
RUN          looks on at a run of limitrun, by its id, the beginning of its id
             or its name, in another terminal (limitrun status lists them).
             Ends with it, with its outcome and its exit code. Its limits are
             set when it starts.
PID          a process that runs already, with its whole tree: a word of digits.
             Without limits it is only watched. With limits they are kept as in
             run: --policy says how (not restart: limitrun can start again only
             what it has started), --violation-handling is internal or disabled.

Flags for a PID: those under Limits and Policies in limitrun --help, and
  --interval --strict --name --progress-interval --quiet --verbose
Variables (LIMITRUN_MAX_RSS) count for a PID as they do for run. The time of
--timeout begins with the watching; CPU time counts from the start of the
process.

Keys:
  q             quit; the target goes on, and limits of a PID are no longer kept
  k             stop the target gracefully, after a question
  m c           sort the processes by memory, by CPU use
  Up Down PageUp PageDown Home End
                scroll the processes
  Ctrl-C        quit with exit code 130
  Ctrl-Z        suspend limitrun; no limit is kept meanwhile
  Ctrl-L        draw everything anew

Where standard output is no terminal, what happens is told in lines on standard
error, and the usage every --progress-interval.

Exit codes:
  0             you quit or stopped the target, or the PID ended by itself (what
                it exited with is known to its parent only)
  110-114 124   a limit of the PID was broken and it was ended, as in run
  RUN's own     the run has ended
  125           there is no such target, it may not be watched, or the run is
                lost: its limitrun was killed
  128+n         signal n has ended limitrun

Examples:
  limitrun watch --max-rss 256MB -- node app.js
  limitrun watch nightly-build
  limitrun watch 4711
  limitrun watch 4711 --max-rss 1GB --policy immediate_kill
`;

/** The text of `limitrun watch --help`: plain, at most 80 columns wide. */
export function watchHelp(): string {
  return TEXT;
}
