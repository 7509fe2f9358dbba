import type {LimitStep, LimitValue} from '../limits/limit-step.js';
import {endsTheTree, type ResourcePolicy} from '../limits/resource-policy.js';
import {parseDurationOrZero, type Parsed} from './units.js';

/** More would be a mistake, and each one costs something at every sample. */
const MOST_STEPS = 16;
const LONGEST_QUOTE = 60;

/** How the steps of one limit are written. */
export interface StepRules {
  readonly parseValue: (text: string) => Parsed<number>;
  readonly parsePolicy: (text: string) => Parsed<ResourcePolicy>;
  /** The limit is a timer: what it measures never falls again, so there is nothing to sustain. */
  readonly timer: boolean;
  /** A right one, for messages. */
  readonly example: string;
}

/** One step before its parts are parsed. */
export interface StepText {
  readonly value: string;
  readonly sustain?: string | undefined;
  readonly policy?: string | undefined;
}

/** As {@link Parsed}; the fault says which step it is in (0 is the first), unless it is in all of them. */
export type ParsedSteps =
  | {readonly ok: true; readonly value: LimitValue}
  | {readonly ok: false; readonly why: string; readonly step?: number};

/** Value, `@` and how long, `:` and the policy. */
const STEP = /^([^@:]*)(?:@([^@:]*))?(?::([^@:]*))?$/;

/** Whether a text is more than one plain value. */
export function hasSteps(text: string): boolean {
  return /[@:,]/.test(text);
}

/**
 * The steps of a limit in one text, such as `200MB:log, 250MB@30s:graceful_shutdown, 300MB:immediate_kill`: a value,
 * how long it must stay broken (may be absent), the policy (may be absent).
 * @returns a number for one step that is nothing but a value
 */
export function parseSteps(text: string, rules: StepRules): ParsedSteps {
  const steps: StepText[] = [];
  for (const [index, written] of text.split(',').entries()) {
    const step = trimmed(written);
    const match = STEP.exec(step);
    if (step === '' || match === null) {
      const why = step === '' ? 'is empty' : `${quoted(step)} is not VALUE[@DURATION][:POLICY]`;
      return {ok: false, step: index, why: `step ${String(index + 1)} ${why}; example: ${rules.example}`};
    }
    steps.push({value: match[1] ?? '', sustain: match[2], policy: match[3]});
  }
  return stepsFromTexts(steps, rules);
}

/** As {@link parseSteps}, for steps whose parts are already apart, as in a list of a worker file. */
export function stepsFromTexts(texts: readonly StepText[], rules: StepRules): ParsedSteps {
  if (texts.length > MOST_STEPS) {
    return {ok: false, why: `${String(texts.length)} steps are more than the ${String(MOST_STEPS)} allowed`};
  }
  const steps: LimitStep[] = [];
  for (const [index, text] of texts.entries()) {
    const parsed = parseStep(text, rules);
    const why = parsed.ok ? riseFault(steps.at(-1), parsed.value, texts[index - 1]) : parsed.why;
    if (why !== undefined || !parsed.ok) return faultIn(index, text, why ?? '', rules);
    steps.push(parsed.value);
  }
  const milder = milderStep(steps.map((step) => step.policy));
  if (milder !== undefined) return faultIn(milder.step, texts[milder.step], milder.why, rules);
  const [first, ...others] = steps;
  if (first === undefined) return {ok: false, why: `no step is given; example: ${rules.example}`};
  const plain = others.length === 0 && Object.keys(first).length === 1;
  return {ok: true, value: plain ? first.value : [first, ...others]};
}

/**
 * The first step whose policy is milder than one before it that ends the tree: there is no way back from an ending.
 * A policy that is undefined is not known yet and not judged.
 */
export function milderStep(
  policies: readonly (ResourcePolicy | undefined)[],
): {readonly step: number; readonly why: string} | undefined {
  let hardest: {policy: ResourcePolicy; step: number} | undefined;
  for (const [step, policy] of policies.entries()) {
    if (policy === undefined) continue;
    if (hardest !== undefined && hardness(policy) < hardness(hardest.policy)) {
      const before = `${hardest.policy} of step ${String(hardest.step + 1)}`;
      return {
        step,
        why: `${policy} is milder than ${before}, and above one that ends the command none may be`,
      };
    }
    if (endsTheTree(policy)) hardest = {policy, step};
  }
  return undefined;
}

/** What a policy can still change about a tree: nothing, its life, its grace period. */
function hardness(policy: ResourcePolicy): number {
  if (policy === 'immediate_kill') return 2;
  return endsTheTree(policy) ? 1 : 0;
}

function parseStep(text: StepText, rules: StepRules): Parsed<LimitStep> {
  const value = rules.parseValue(text.value);
  if (!value.ok) return value;
  const sustain = text.sustain === undefined ? undefined : parseSustain(text.sustain, rules);
  if (sustain?.ok === false) return sustain;
  const policy = text.policy === undefined ? undefined : rules.parsePolicy(text.policy);
  if (policy?.ok === false) return policy;
  return {
    ok: true,
    value: {
      value: value.value,
      ...(policy && {policy: policy.value}),
      ...(sustain && {sustainedViolationTimeMs: sustain.value}),
    },
  };
}

function parseSustain(text: string, {timer}: StepRules): Parsed<number> {
  if (timer)
    return {ok: false, why: 'time that has passed stays passed, so a sustain time means nothing here'};
  return parseDurationOrZero(text);
}

/** Why a step cannot follow the one before it. */
function riseFault(
  before: LimitStep | undefined,
  step: LimitStep,
  beforeText: StepText | undefined,
): string | undefined {
  if (before === undefined || step.value > before.value) return undefined;
  return `each step must be higher than the one before it, and that is ${beforeText?.value ?? ''}`;
}

function faultIn(step: number, text: StepText | undefined, why: string, {example}: StepRules): ParsedSteps {
  const written = text === undefined ? '' : ` ${quoted(asWritten(text))}`;
  // The parsers of values show examples of their own.
  const shown = why.includes('example') ? '' : `; example: ${example}`;
  return {ok: false, step, why: `step ${String(step + 1)}${written}: ${why}${shown}`};
}

function asWritten({value, sustain, policy}: StepText): string {
  return value + (sustain === undefined ? '' : `@${sustain}`) + (policy === undefined ? '' : `:${policy}`);
}

function quoted(text: string): string {
  return `"${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text}"`;
}

/** Without blanks at either end; no other white space is allowed for. */
function trimmed(text: string): string {
  return text.replace(/^ +/, '').replace(/ +$/, '');
}
