import {endsTheTree} from './resource-policy.js';
import type {TreeTerminator} from '../process/tree-terminator.js';
import type {ResourceViolation} from './resource-violation.js';

/**
 * Basic enforcement by signals, over the whole tree, members in their own session too: `graceful_shutdown` is SIGTERM
 * with SIGCONT, the grace period, SIGKILL; `immediate_kill` is SIGKILL.
 */
export class ResourceEnforcer {
  /** @param gracePeriodMs from SIGTERM to SIGKILL */
  constructor(
    private readonly terminator: TreeTerminator,
    private readonly gracePeriodMs: number,
  ) {}

  /**
   * Acts on a violation. A policy that needs more than signals (a restart) is enforced as far as signals go:
   * the tree is ended gracefully.
   * @returns whether the tree is being ended because of this violation; false when the policy does not ask for it
   * or the root process had already ended by itself
   */
  enforce(violation: ResourceViolation): boolean {
    if (!endsTheTree(violation.policy)) return false;
    if (violation.policy === 'immediate_kill') return this.terminator.kill({violation, actor: 'enforcer'});
    return this.terminator.graceful(this.gracePeriodMs, {violation, actor: 'enforcer'});
  }
}
