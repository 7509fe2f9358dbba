import fc from 'fast-check';
import {describe, expect, it} from 'vitest';

import type {LimitStep} from '../../../src/core/limits/limit-step.js';
import {RESOURCE_POLICIES} from '../../../src/core/limits/resource-policy.js';
import {milderStep} from '../../../src/core/plan/limit-steps.js';
import {parseSetting} from '../../../src/core/plan/parse-setting.js';
import {settingOf} from '../../../src/core/plan/setting-lookup.js';
import {SETTINGS, type SettingFlag} from '../../../src/core/plan/settings.js';

const MIB = 2 ** 20;

function parse(flag: SettingFlag, text: string): unknown {
  return parseSetting(settingOf(flag), text);
}

function why(flag: SettingFlag, text: string): string {
  const parsed = parseSetting(settingOf(flag), text);
  if (parsed.ok) throw new Error(`${text} was accepted`);
  return parsed.why;
}

describe('steps', () => {
  it.each([
    ['max-rss', '256MB', 256 * MIB],
    ['max-rss', '256MB:restart', [{value: 256 * MIB, policy: 'restart'}]],
    ['max-rss', '256MB@10s', [{value: 256 * MIB, sustainedViolationTimeMs: 10_000}]],
    ['max-rss', '256MB@0', [{value: 256 * MIB, sustainedViolationTimeMs: 0}]],
    [
      'max-rss',
      '256MB@10s:restart',
      [{value: 256 * MIB, sustainedViolationTimeMs: 10_000, policy: 'restart'}],
    ],
    ['max-rss', '1M:log,2M', [{value: MIB, policy: 'log'}, {value: 2 * MIB}]],
    [
      'max-rss',
      '200MB:log, 250MB@30s:graceful_shutdown, 300MB:immediate_kill',
      [
        {value: 200 * MIB, policy: 'log'},
        {value: 250 * MIB, sustainedViolationTimeMs: 30_000, policy: 'graceful_shutdown'},
        {value: 300 * MIB, policy: 'immediate_kill'},
      ],
    ],
    [
      'max-cpu',
      '75%@1m:log , 150',
      [{value: 75, sustainedViolationTimeMs: 60_000, policy: 'log'}, {value: 150}],
    ],
    ['max-processes', '5:log,9', [{value: 5, policy: 'log'}, {value: 9}]],
    ['max-cpu-time', '1m:log, 90s', [{value: 60_000, policy: 'log'}, {value: 90_000}]],
    [
      'timeout',
      '10s:log, 20s:graceful_shutdown',
      [
        {value: 10_000, policy: 'log'},
        {value: 20_000, policy: 'graceful_shutdown'},
      ],
    ],
    [
      'max-rss',
      '1M@9s:restart,2M:restart',
      [
        {value: MIB, sustainedViolationTimeMs: 9000, policy: 'restart'},
        {value: 2 * MIB, policy: 'restart'},
      ],
    ],
  ] as const)('--%s %s is understood', (flag, text, value) => {
    expect(parse(flag, text)).toEqual({ok: true, value});
  });

  it.each([
    ['max-rss', '200MB:log,', 'step 2 is empty; example: 200MB:log,'],
    ['max-rss', ',', 'step 1 is empty'],
    ['max-rss', ':log', 'step 1 ":log": "" is not a size; examples: 512K'],
    ['max-rss', '1M:log:none', 'step 1 "1M:log:none" is not VALUE[@DURATION][:POLICY]; example: '],
    ['max-rss', '1M:log@3s', 'step 1 "1M:log@3s" is not VALUE[@DURATION][:POLICY]; example: '],
    ['max-rss', '1M, lots:log', 'step 2 "lots:log": "lots" is not a size; examples: '],
    ['max-rss', '1M: log', 'step 1 "1M: log": " log" is none of none, log'],
    ['max-rss', '1M:lgo', 'did you mean log'],
    ['max-rss', '1M@3:log', 'step 1 "1M@3:log": "3" is a duration without a unit; examples: '],
    [
      'max-rss',
      '2M, 1M',
      'step 2 "1M": each step must be higher than the one before it, and that is 2M; example: ',
    ],
    ['max-rss', '2M, 2048K', 'step 2 "2048K": each step must be higher'],
    [
      'max-rss',
      '1M:graceful_shutdown, 2M:log',
      'step 2 "2M:log": log is milder than graceful_shutdown of step 1, and above one that ends the command none may be; example: ',
    ],
    [
      'max-rss',
      '1M:immediate_kill, 2M, 3M:restart',
      'step 3 "3M:restart": restart is milder than immediate_kill of step 1',
    ],
    ['timeout', '10s@5s:log', 'step 1 "10s@5s:log": time that has passed stays passed'],
    ['timeout', '10:log', '"10" is a duration without a unit'],
    [
      'max-processes',
      Array.from({length: 17}, (_, index) => String(index + 1)).join(','),
      '17 steps are more than the 16',
    ],
  ] as const)('--%s %s is refused in one line', (flag, text, expected) => {
    expect(why(flag, text)).toContain(expected);
    expect(why(flag, text)).not.toContain('\n');
  });

  it('are for limits only: a duration, a policy or a threshold has none', () => {
    for (const {flag} of SETTINGS.filter(
      ({group, kind}) => group !== 'Limits' && kind !== 'text' && kind !== 'command',
    )) {
      expect(parse(flag, '5s:log, 6s'), flag).toMatchObject({ok: false});
    }
  });

  it('can be given to every limit', () => {
    for (const setting of SETTINGS.filter(({group}) => group === 'Limits')) {
      expect('steps' in setting, setting.flag).toBe(true);
    }
  });
});

describe('a later step', () => {
  it.each([
    [['log', 'graceful_shutdown', 'immediate_kill'], undefined],
    [['graceful_shutdown', 'log'], 1],
    [['graceful_shutdown', 'graceful_shutdown'], undefined],
    [['graceful_shutdown', 'restart'], undefined],
    [['restart', undefined, 'immediate_kill'], undefined],
    [['immediate_kill', 'immediate_kill'], undefined],
    [['restart', 'immediate_kill', 'restart'], 2],
    [['alert', 'none', 'log'], undefined],
    [[undefined, 'log'], undefined],
    [[], undefined],
  ] as const)('of %j that is too mild is step %s', (policies, step) => {
    expect(milderStep(policies)?.step).toBe(step);
  });
});

const AVAILABLE = RESOURCE_POLICIES.filter((policy) => parseSetting(settingOf('policy'), policy).ok);

/** Rising steps as they are written and as they are meant; the hardest policy last. */
const steps = fc
  .array(
    fc.record(
      {
        value: fc.integer({min: 1, max: 1_000_000}),
        policy: fc.constantFrom(...AVAILABLE),
        sustainedViolationTimeMs: fc.nat(100_000),
      },
      {requiredKeys: ['value']},
    ),
    {minLength: 1, maxLength: 8},
  )
  .map((all): LimitStep[] => {
    const values = [...new Set(all.map(({value}) => value))].sort((one, other) => one - other);
    return values.map((value, index) => ({...all[index], value}));
  })
  .filter((all) => milderStep(all.map(({policy}) => policy)) === undefined);

const isPlain = (step: LimitStep): boolean => Object.keys(step).length === 1;

function written({value, policy, sustainedViolationTimeMs}: LimitStep): string {
  const sustain = sustainedViolationTimeMs === undefined ? '' : `@${String(sustainedViolationTimeMs)}ms`;
  return `${String(value)}${sustain}${policy === undefined ? '' : `:${policy}`}`;
}

describe('whatever is written as steps', () => {
  it('means what it says, with blanks around the commas or without', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(',', ', ', ' , '), (all, comma) => {
        fc.pre(all.length === 1 || !all.every(isPlain));
        expect(parse('max-processes', all.map(written).join(comma))).toEqual({
          ok: true,
          value: all.every(isPlain) ? all[0]?.value : all,
        });
      }),
    );
  });

  it('is no list where none has a policy or a time of its own', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(',', ', '), (all, comma) => {
        fc.pre(all.length > 1);
        const text = all.map(({value}) => String(value)).join(comma);
        expect(parse('max-processes', text)).toMatchObject({
          ok: false,
          why: expect.stringContaining('neither a value nor steps') as string,
        });
      }),
    );
  });

  it('is a value or a reason, never an exception', () => {
    const limits = SETTINGS.filter(({group}) => group === 'Limits').map(({flag}) => flag);
    const texts = fc.oneof(
      fc.string(),
      fc.string({unit: fc.constantFrom('0', '5', '@', ':', ',', '.', ' ', 'M', 's', 'l', 'o', 'g', '%')}),
    );
    fc.assert(
      fc.property(fc.constantFrom(...limits), texts, (flag, text) => {
        const parsed = parseSetting(settingOf(flag), text);
        if (!parsed.ok) expect(parsed.why).not.toBe('');
      }),
      {numRuns: 1000},
    );
  });
});
