import * as v from 'valibot';

import type {LimitValue} from '../limits/limit-step.js';
import {checkedWords, commandWords} from './command-words.js';
import {stepsFromTexts} from './limit-steps.js';
import {parseSetting, stepRulesOf} from './parse-setting.js';
import type {Setting, SettingValue} from './setting.js';
import {settingOf} from './setting-lookup.js';
import type {SettingFlag} from './settings.js';

const HISTORY_RETENTION: Setting = {
  kind: 'duration',
  flag: 'history-retention',
  metavar: 'DURATION',
  example: '5m',
  min: 1,
  help: 'how long samples are kept',
  group: 'Monitoring',
};

const MULTIPLIER: Setting = {
  kind: 'decimal',
  flag: 'multiplier',
  metavar: 'X',
  example: '1.5',
  help: 'multiplies restarts and their first delay',
  group: 'Restarts',
};

const YES_OR_NO: Setting = {kind: 'boolean', flag: 'yes-or-no', help: 'true or false', group: 'Monitoring'};

const text = v.pipe(
  v.string('must be text'),
  v.check((value) => !value.includes('\u0000'), 'holds a NUL character, which no program can be given'),
);

const word = v.pipe(text, v.nonEmpty('is empty'));

const variableName = v.pipe(
  word,
  v.check((name) => !name.includes('='), 'holds a "="'),
);

function isMap(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function map<const E extends v.ObjectEntries>(entries: E) {
  return v.pipe(v.custom<Record<string, unknown>>(isMap, 'must be a map'), v.strictObject(entries));
}

/** A value read by the parser of a setting, the same as on the command line. */
function parsedAs<T extends SettingValue>(setting: Setting) {
  return v.exactOptional(
    v.pipe(
      v.unknown(),
      v.rawTransform<unknown, T>(({dataset, addIssue, NEVER}) => {
        const input = dataset.value;
        if (typeof input !== 'string') {
          addIssue({message: input === null ? 'has no value' : `must be ${wanted(setting)}`});
          return NEVER;
        }
        if (setting.kind === 'boolean' && !/^(?:true|false)$/i.test(input)) {
          addIssue({message: `"${input.slice(0, 40)}" is neither true nor false`});
          return NEVER;
        }
        const parsed = parseSetting(setting, input);
        if (parsed.ok) return parsed.value as T;
        addIssue({message: parsed.why});
        return NEVER;
      }),
    ),
  );
}

function wanted(setting: Setting): string {
  return setting.kind === 'boolean' ? 'true or false' : `a ${setting.metavar}, such as ${setting.example}`;
}

function setting<T extends SettingValue>(flag: SettingFlag) {
  return parsedAs<T>(settingOf(flag));
}

const stepText = v.pipe(
  v.unknown(),
  v.check((input) => input !== null, 'has no value'),
  v.string('must be text'),
);

/** A limit: what its flag takes, or a list of steps. */
function limit(flag: SettingFlag) {
  const found = settingOf(flag);
  const rules = stepRulesOf(found);
  if (rules === undefined) throw new Error(`a limit without steps: ${flag}`);
  const steps = v.array(
    map({
      value: stepText,
      sustained_violation_time: v.exactOptional(stepText),
      policy: v.exactOptional(stepText),
    }),
  );
  const list = v.pipe(
    steps,
    v.rawTransform<v.InferOutput<typeof steps>, LimitValue>(({dataset, addIssue, NEVER}) => {
      const texts = dataset.value.map((step) => ({...step, sustain: step.sustained_violation_time}));
      const parsed = stepsFromTexts(texts, rules);
      if (parsed.ok) return parsed.value;
      addIssue({
        message: parsed.why,
        ...(parsed.step === undefined ? {} : {path: pathTo(dataset.value, parsed.step)}),
      });
      return NEVER;
    }),
  );
  const either = v.lazy((input) => (Array.isArray(input) ? list : parsedAs<LimitValue>(found).wrapped));
  // Not known to a lazy schema, and where the search for the nearest key looks.
  return v.exactOptional(Object.assign(either, {item: steps.item}));
}

function pathTo(steps: readonly object[], key: number): [v.ArrayPathItem] {
  return [{type: 'array', origin: 'value', input: [...steps], key, value: steps[key]}];
}

/** A command in one text, as on the command line, or as a list of words. */
function commandLine() {
  return v.exactOptional(
    v.pipe(
      v.unknown(),
      v.rawTransform<unknown, readonly string[]>(({dataset, addIssue, NEVER}) => {
        const input = dataset.value;
        const parsed =
          typeof input === 'string'
            ? commandWords(input)
            : isWords(input)
              ? checkedWords(input, input.join(' '))
              : ({ok: false, why: 'must be a command or a list of words'} as const);
        if (parsed.ok) return parsed.value;
        addIssue({message: parsed.why});
        return NEVER;
      }),
    ),
  );
}

function isWords(input: unknown): input is readonly string[] {
  return Array.isArray(input) && input.every((word) => typeof word === 'string');
}

const rules = {
  warning_threshold: setting<number>('warn-at'),
  sustained_violation_time: setting<number>('sustain'),
};

const limits = map({
  memory: v.exactOptional(
    map({
      max_rss: limit('max-rss'),
      max_virtual: limit('max-virtual'),
      max_swap: limit('max-swap'),
      policy: setting('memory-policy'),
      ...rules,
    }),
  ),
  cpu: v.exactOptional(
    map({
      max_percent: limit('max-cpu'),
      max_time: limit('max-cpu-time'),
      policy: setting('cpu-policy'),
      ...rules,
    }),
  ),
  io: v.exactOptional(
    map({
      max_read_bps: limit('max-read-bps'),
      max_write_bps: limit('max-write-bps'),
      policy: setting('io-policy'),
      ...rules,
    }),
  ),
  process: v.exactOptional(
    map({
      max_processes: limit('max-processes'),
      max_file_descriptors: limit('max-fds'),
      policy: setting('process-policy'),
      ...rules,
    }),
  ),
  timeout: limit('timeout'),
  adjust: setting('adjust'),
  adjust_max: setting('adjust-max'),
  graceful_timeout: setting('grace-period'),
  monitoring: v.exactOptional(
    map({
      enabled: parsedAs<boolean>(YES_OR_NO),
      interval: setting('interval'),
      history_retention: parsedAs<number>(HISTORY_RETENTION),
      alerting_enabled: parsedAs<boolean>(YES_OR_NO),
      violation_handling: setting('violation-handling'),
      enforce: setting('enforce'),
      strict: setting('strict'),
      on_violation: commandLine(),
      hook_timeout: setting('hook-timeout'),
      freeze: setting('freeze'),
    }),
  ),
});

const execution = v.pipe(
  map({
    executable_path: v.exactOptional(word),
    command: v.exactOptional(
      v.union([word, v.pipe(v.tupleWithRest([word], text))], 'must be a program or a list of words'),
    ),
    args: v.exactOptional(v.array(text, 'must be a list of words')),
    environment: v.exactOptional(
      v.pipe(v.custom<Record<string, unknown>>(isMap, 'must be a map'), v.record(variableName, text)),
    ),
    working_directory: v.exactOptional(word),
  }),
  v.check(
    (given) => given.executable_path === undefined || given.command === undefined,
    'executable_path and command exclude each other',
  ),
  v.check(
    (given) => given.args === undefined || given.executable_path !== undefined || given.command !== undefined,
    'has args but no executable_path or command',
  ),
);

/** The rules of the breaker by their keys in a file, each with its setting. */
export const RULE_KEYS = {
  max_retries: 'max-restarts',
  retry_delay: 'restart-delay',
  backoff_rate: 'backoff-rate',
  max_retry_delay: 'max-restart-delay',
  jitter: 'restart-jitter',
  restart_window: 'restart-window',
  stable_time: 'stable-time',
} as const satisfies Record<string, SettingFlag>;

const breakerRules = {
  max_retries: setting(RULE_KEYS.max_retries),
  retry_delay: setting(RULE_KEYS.retry_delay),
  backoff_rate: setting(RULE_KEYS.backoff_rate),
  max_retry_delay: setting(RULE_KEYS.max_retry_delay),
  jitter: setting(RULE_KEYS.jitter),
  restart_window: setting(RULE_KEYS.restart_window),
  stable_time: setting(RULE_KEYS.stable_time),
};

const multiplier = parsedAs<number>(MULTIPLIER);
/** A map from any profile to its multiplier. */
const profiles = v.exactOptional(
  v.pipe(v.custom<Record<string, unknown>>(isMap, 'must be a map'), v.record(v.string(), multiplier.wrapped)),
);

const restart = v.pipe(
  map({
    restart_policy: setting('restart-policy'),
    default: v.exactOptional(map({...breakerRules, startup_grace_period: setting('startup-grace')})),
    resource_violations: v.exactOptional(map(breakerRules)),
    severity_multipliers: v.exactOptional(map({warning: multiplier, critical: multiplier})),
    profile_multipliers: profiles,
    worker_profile_multipliers: profiles,
    startup_grace_period: setting<number>('startup-grace'),
    sustained_violation_time: setting<number>('sustain'),
    spike_tolerance_time: setting<number>('sustain'),
  }),
  v.check(
    (given) => given.startup_grace_period === undefined || given.default?.startup_grace_period === undefined,
    'has startup_grace_period twice, once in default',
  ),
  v.check(
    (given) => given.profile_multipliers === undefined || given.worker_profile_multipliers === undefined,
    'profile_multipliers and worker_profile_multipliers exclude each other',
  ),
);

/** What a worker file may say, as data read from YAML with every scalar still text. */
export const workerFileSchema = map({
  workers: v.pipe(
    v.array(
      map({
        id: word,
        profile_type: v.exactOptional(text),
        unit: v.exactOptional(
          map({
            limits: v.exactOptional(limits),
            execution: v.exactOptional(execution),
            context_aware_restart: v.exactOptional(restart),
          }),
        ),
      }),
      'must be a list of workers',
    ),
    v.nonEmpty('names no worker'),
  ),
});

export type WorkerEntry = v.InferOutput<typeof workerFileSchema>['workers'][number];
