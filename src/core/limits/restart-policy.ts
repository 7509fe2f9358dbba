/** What happens when the command ends by itself. */
export const RESTART_POLICIES = ['never', 'on-failure', 'always', 'unless-stopped'] as const;

export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/**
 * Whether a command that ended by itself is to be started again. That somebody has asked limitrun to end is not known
 * here: `transition` sees to it. In one run that makes `unless-stopped` the same as `always`.
 * @param exitCode undefined when it died of a signal, which is a failure
 */
export function startsAgainAfterExit(policy: RestartPolicy, exitCode: number | undefined): boolean {
  switch (policy) {
    case 'never':
      return false;
    case 'on-failure':
      return exitCode !== 0;
    case 'always':
    case 'unless-stopped':
      return true;
  }
}
