const TEXT = `Show what runs now and what ran.

Usage: limitrun status [--all] [--json]
       limitrun status RUN [--json]

Without RUN a table of the runs that go on, and of those that are lost: their
limitrun was killed or the machine restarted, and nobody knows the outcome.
With RUN that run in full: limits and who keeps them, what it used, violations,
attempts, processes. RUN is an id, the beginning of one, or a name; of several
runs of a name the newest that goes on, else the newest.

Flags:
  -a, --all   also the runs that have ended, with outcome, peaks and exit code
  --json      the same as a JSON document (schemas/status.v1.schema.json)
  -h, --help  show this text

Columns:
  RSS of limit  resident memory of the whole tree now, or its proportional size
                (PSS) where that decides; the limit; the share of it
  CPU           over the last second; 100% is one core
  att           number of the attempt; a restart begins the next one
  proc          processes in the tree
  viol          violations so far, and warnings: 1+2w
  code          what limitrun exited with
Where the terminal is narrow, names and commands are clipped first.

Exit codes:
  0             shown, also when nothing runs
  125           there is no such run, or several whose ids begin so

Examples:
  limitrun status
  limitrun status --all
  limitrun status nightly-build
  limitrun status --all --json | jq '.runs[] | select(.exit_code == 110)'
`;

/** The text of `limitrun status --help`: plain, at most 80 columns wide. */
export function statusHelp(): string {
  return TEXT;
}
