import type {ViolationHandlingMode} from '../limits/resource-policy.js';
import type {Layers} from './layers.js';
import type {HookPlan} from './run-plan.js';
import {UsageError} from './usage-error.js';

const DEFAULT_TIMEOUT_MS = 10_000;

export interface ResolvedHook {
  readonly hook?: HookPlan;
  readonly notices: readonly string[];
}

/**
 * What is run when a limit is broken. Nothing is frozen where nothing is enforced.
 * @throws UsageError for `--freeze` without a hook to freeze for
 */
export function resolveHook(layers: Layers, handling: ViolationHandlingMode): ResolvedHook {
  const [program, ...args] = layers.get('on-violation') ?? [];
  const freeze = layers.get('freeze') ?? false;
  if (program === undefined) {
    if (freeze) throw new UsageError(`${layers.nameOf('freeze')} needs --on-violation, the hook to stop for`);
    return {notices: []};
  }
  const enforced = handling !== 'disabled';
  return {
    hook: {
      words: [program, ...args],
      timeoutMs: layers.get('hook-timeout') ?? DEFAULT_TIMEOUT_MS,
      freeze: freeze && enforced,
    },
    notices:
      freeze && !enforced
        ? [`${layers.nameOf('freeze')} does nothing, because violation handling is disabled`]
        : [],
  };
}
