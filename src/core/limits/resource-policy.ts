/** What is to be done about a violation, mildest first. */
export const RESOURCE_POLICIES = [
  'none',
  'log',
  'alert',
  'throttle',
  'graceful_shutdown',
  'immediate_kill',
  'restart',
  'restart_adjusted',
] as const;

export type ResourcePolicy = (typeof RESOURCE_POLICIES)[number];

/** Who acts on a violation: limitrun's own enforcer, a callback (ProcessControl in the command line), or nobody. */
export const VIOLATION_HANDLING_MODES = ['internal', 'external', 'disabled'] as const;

export type ViolationHandlingMode = (typeof VIOLATION_HANDLING_MODES)[number];

/** Policies after which the process tree does not go on running. */
export function endsTheTree(policy: ResourcePolicy): boolean {
  return policy === 'graceful_shutdown' || policy === 'immediate_kill' || startsAgain(policy);
}

/** Policies that do something about a tree, rather than only tell. */
export function actsOnTheTree(policy: ResourcePolicy): boolean {
  return policy === 'throttle' || endsTheTree(policy);
}

/** Policies after which a new attempt may start. */
export function startsAgain(policy: ResourcePolicy): boolean {
  return policy === 'restart' || policy === 'restart_adjusted';
}
