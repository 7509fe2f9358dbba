import type {ChildEnd} from './run-state.js';

/** What happens when the child ends by itself. */
export const RESTART_POLICIES = ['never', 'on-failure', 'always', 'unless-stopped'] as const;

export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/**
 * Whether a child that ended by itself is to be started again. That somebody has asked limitrun to end is not known here:
 * `transition` sees to it. In one run that makes `unless-stopped` the same as `always`.
 */
export function startsAgainAfterExit(policy: RestartPolicy, child: ChildEnd): boolean {
  switch (policy) {
    case 'never':
      return false;
    case 'on-failure':
      return child.exitCode !== 0;
    case 'always':
    case 'unless-stopped':
      return true;
  }
}
