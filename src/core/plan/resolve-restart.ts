import type {Layers} from './layers.js';
import type {RestartPlan, RestartRules} from './run-plan.js';
import type {SettingFlag} from './settings.js';
import type {Worker} from './worker.js';

const DEFAULTS = {
  'max-restarts': 3,
  'restart-delay': 1000,
  'backoff-rate': 2,
  'max-restart-delay': 300_000,
  'restart-jitter': 0.1,
  'stable-time': 60_000,
} as const satisfies Partial<Record<SettingFlag, number>>;

/**
 * When a run is started again. What a file says (or the default) is multiplied by the worker's multipliers; what a flag
 * or a variable says is meant as it stands.
 * @param asked what flags and variables say, without the file
 */
export function resolveRestart(layers: Layers, asked: Layers, worker: Worker | undefined): RestartPlan {
  const profile = worker?.restart.profileMultiplier ?? 1;
  const severity = worker?.restart.criticalMultiplier ?? 1;
  return {
    policy: layers.get('restart-policy') ?? 'never',
    afterExit: rulesOf(asked, [worker?.settings], profile),
    afterViolation: rulesOf(asked, [worker?.restart.violations, worker?.settings], profile * severity),
    startupGraceMs: layers.get('startup-grace') ?? 0,
  };
}

type RuleFlag = keyof typeof DEFAULTS | 'restart-window';
type Rules = Readonly<Partial<Record<RuleFlag, number>>>;

/** @param files the maps of the file that speak of these rules, the strongest first */
function rulesOf(asked: Layers, files: readonly (Rules | undefined)[], multiplier: number): RestartRules {
  const filed = (flag: RuleFlag): number | undefined =>
    files.find((rules) => rules?.[flag] !== undefined)?.[flag];
  const rule = (flag: keyof typeof DEFAULTS): number => asked.get(flag) ?? filed(flag) ?? DEFAULTS[flag];
  const multiplied = (flag: keyof typeof DEFAULTS): number =>
    asked.get(flag) ?? (filed(flag) ?? DEFAULTS[flag]) * multiplier;
  const windowMs = asked.get('restart-window') ?? filed('restart-window');
  const stableMs = rule('stable-time');
  return {
    maxRestarts: Math.round(multiplied('max-restarts')),
    delayMs: multiplied('restart-delay'),
    backoffRate: rule('backoff-rate'),
    maxDelayMs: rule('max-restart-delay'),
    jitter: rule('restart-jitter'),
    ...(windowMs === undefined ? {} : {windowMs}),
    ...(stableMs === 0 ? {} : {stableMs}),
  };
}
