import {endsTheTree} from './resource-policy.js';
import type {TreeTerminator} from '../process/tree-terminator.js';
import type {TreeThrottle} from '../process/tree-throttle.js';
import type {ResourceViolation} from './resource-violation.js';

/**
 * Basic enforcement by signals, over the whole tree, members in their own session too: `graceful_shutdown` is SIGTERM
 * with SIGCONT, the grace period, SIGKILL; `immediate_kill` is SIGKILL; `throttle` is SIGSTOP and SIGCONT in turns.
 */
export class ResourceEnforcer {
  /**
   * @param gracePeriodMs from SIGTERM to SIGKILL
   * @param throttle without one the policy `throttle` does nothing
   */
  constructor(
    private readonly terminator: TreeTerminator,
    private readonly gracePeriodMs: number,
    private readonly throttle?: TreeThrottle,
  ) {}

  /**
   * Acts on a violation. A policy that needs more than signals (a restart) is enforced as far as signals go:
   * the tree is ended gracefully.
   * @returns whether the tree is being ended because of this violation; false when the policy does not ask for it
   * or the root process had already ended by itself
   */
  enforce(violation: ResourceViolation): boolean {
    if (violation.policy === 'throttle') this.throttle?.begin(violation, 'enforcer');
    if (!endsTheTree(violation.policy)) return false;
    // The kernel has begun to end the tree; the rest of it follows, though the root process may be gone.
    if (violation.source !== undefined) {
      this.terminator.killAll({violation, actor: 'enforcer'});
      return true;
    }
    if (violation.policy === 'immediate_kill') return this.terminator.kill({violation, actor: 'enforcer'});
    return this.terminator.graceful(this.gracePeriodMs, {violation, actor: 'enforcer'});
  }
}
