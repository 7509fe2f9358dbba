const TEXT = `Show what this machine offers to limitrun, and what would improve it.

Usage: limitrun doctor [--json]

Looks at what can be measured, what the kernel can cap, what ends a tree when
limitrun is killed, files, terminal, Node. Below what is missing stands, after
an arrow, the way to get it, where there is one that is worth it. Then for each
limit who would keep it, under the policies immediate_kill and
graceful_shutdown (all others that end the tree are kept like the second), and
the worst overshoot to expect.

It only looks: no group, file, directory or process is made. So a scope of
systemd, which limitrun asks for when a run starts, is told as far as it can be
known without asking. limitrun -v -- COMMAND tells what a run really has.

Flags:
  --json      the same as a JSON document (schemas/doctor.v1.schema.json)
  -h, --help  show this text

Exit codes:
  0             shown, whatever was found
  125           a usage error

Examples:
  limitrun doctor
  limitrun doctor --json | jq '.findings[] | select(.state != "yes")'
`;

/** The text of `limitrun doctor --help`: plain, at most 80 columns wide. */
export function doctorHelp(): string {
  return TEXT;
}
