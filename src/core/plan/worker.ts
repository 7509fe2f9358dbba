import type {Settings} from './settings.js';

/** The groups of limits that have rules of their own in a worker file. */
export const RULE_GROUPS = ['memory', 'cpu', 'io', 'process'] as const;

export type RuleGroup = (typeof RULE_GROUPS)[number];

/** Rules that a file gives per group (percent, milliseconds); flags know them only for all groups at once. */
export type WorkerRules = Readonly<
  Record<RuleGroup, {readonly warningThresholdPercent?: number; readonly sustainedViolationTimeMs?: number}>
>;

/** What only a file can say about restarts. */
export interface WorkerRestart {
  /** `resource_violations`: where it differs from `default`. */
  readonly violations: Settings;
  /** Of restarts and their first delay, by the worker's profile. */
  readonly profileMultiplier: number;
  /** The same, by the severity of the violation; a warning never leads to a restart. */
  readonly criticalMultiplier: number;
  /** For limits with a restart policy and no sustain time of their own. */
  readonly sustainedViolationTimeMs?: number;
  /** Every limit must stay broken for this long to count. */
  readonly spikeToleranceMs?: number;
}

/** What one worker of a file asks for. */
export interface Worker {
  readonly id: string;
  /** The file as it was named, for messages. */
  readonly file: string;
  /** What flags could say too. */
  readonly settings: Settings;
  readonly rules: WorkerRules;
  readonly restart: WorkerRestart;
  readonly monitoringEnabled?: boolean;
  readonly alertingEnabled?: boolean;
  readonly historyRetentionMs?: number;
  readonly execution?: {
    /** The program and its arguments; empty when the file names no program. */
    readonly words: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
    readonly workingDirectory?: string;
  };
}
