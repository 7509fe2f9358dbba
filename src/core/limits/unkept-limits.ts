import type {LimitPromise} from '../record/run-event.js';
import {limitKind} from './resource-limits.js';

/** What is to be said about each limit that cannot be measured here, one sentence without a full stop each. */
export function unkeptLimits(promises: readonly LimitPromise[]): string[] {
  const types = promises.filter(({enforcedBy}) => enforcedBy === 'nobody').map(({limitType}) => limitType);
  return [...new Set(types)].map(
    (type) => `${limitKind(type).label} cannot be measured here, so ${type} is not enforced`,
  );
}
