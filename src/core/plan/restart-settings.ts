import {RESTART_POLICIES} from '../limits/restart-policy.js';
import type {Setting} from './setting.js';

const duration = {kind: 'duration', metavar: 'DURATION', example: '5m', group: 'Restarts'} as const;
const durationOrZero = {
  kind: 'durationOrZero',
  metavar: 'DURATION',
  example: '5s',
  group: 'Restarts',
} as const;

const LIMITS = 'unit.limits';
const RESTART = 'unit.context_aware_restart';

/** The rows of the table of settings that are about restarts. */
export const RESTART_SETTINGS = [
  {
    kind: 'enum',
    metavar: 'WHEN',
    example: 'on-failure',
    flag: 'restart-policy',
    yaml: `${RESTART}.restart_policy`,
    choices: RESTART_POLICIES,
    shownDefault: 'never',
    help: 'restart a command that exits: never, on-failure, always or unless-stopped (as always)',
    group: 'Restarts',
  },
  {
    kind: 'countOrZero',
    metavar: 'N',
    example: '3',
    flag: 'max-restarts',
    yaml: `${RESTART}.default.max_retries`,
    shownDefault: '3',
    help: 'restarts after the first attempt',
    group: 'Restarts',
  },
  {
    ...durationOrZero,
    flag: 'restart-delay',
    yaml: `${RESTART}.default.retry_delay`,
    shownDefault: '1s',
    help: 'wait before the first restart',
  },
  {
    kind: 'factor',
    metavar: 'X',
    example: '2',
    flag: 'backoff-rate',
    yaml: `${RESTART}.default.backoff_rate`,
    shownDefault: '2',
    help: 'each wait is this many times the one before',
    group: 'Restarts',
  },
  {
    ...durationOrZero,
    flag: 'max-restart-delay',
    yaml: `${RESTART}.default.max_retry_delay`,
    shownDefault: '5m',
    help: 'no wait grows beyond this',
  },
  {
    kind: 'decimal',
    metavar: 'SHARE',
    example: '0.1',
    flag: 'restart-jitter',
    yaml: `${RESTART}.default.jitter`,
    max: 1,
    shownDefault: '0.1',
    help: 'waits vary at random by up to this share of them, 0 to 1',
    group: 'Restarts',
  },
  {
    ...duration,
    flag: 'restart-window',
    yaml: `${RESTART}.default.restart_window`,
    help: 'count only the restarts of this last while (the whole run)',
  },
  {
    ...durationOrZero,
    flag: 'stable-time',
    yaml: `${RESTART}.default.stable_time`,
    shownDefault: '1m',
    help: 'an attempt that lives this long resets count and wait; 0: none does',
  },
  {
    ...durationOrZero,
    flag: 'startup-grace',
    yaml: `${RESTART}.default.startup_grace_period`,
    shownDefault: '0',
    help: 'limits are judged only after this long',
  },
  {
    kind: 'factor',
    metavar: 'X',
    example: '1.5x',
    flag: 'adjust',
    yaml: `${LIMITS}.adjust`,
    shownDefault: '1.5x',
    help: 'how restart_adjusted raises the broken limit',
    group: 'Restarts',
  },
  {
    kind: 'size',
    metavar: 'SIZE',
    example: '1GB',
    flag: 'adjust-max',
    yaml: `${LIMITS}.adjust_max`,
    help: 'restart_adjusted raises no memory or disk limit beyond this',
    group: 'Restarts',
  },
] as const satisfies readonly Setting[];
