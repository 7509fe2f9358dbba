import type {LimitType} from '../limits/resource-limits.js';
import type {LimitPromise} from '../record/run-event.js';

/** Whether the machine offers it. */
export type FindingState = 'yes' | 'partly' | 'no';

/** What a finding is about: figures, control groups, the end of a run, all the rest. */
export const FINDING_AREAS = ['measuring', 'capping', 'ending', 'surroundings'] as const;

export type FindingArea = (typeof FINDING_AREAS)[number];

/** One thing that a machine offers or lacks. */
export interface Finding {
  /** For programs; it stays, whatever the texts become. */
  readonly id: string;
  readonly area: FindingArea;
  /** What it is called. */
  readonly what: string;
  readonly state: FindingState;
  /** What it is good for, or what is lost without it. */
  readonly meaning: string;
  /** How to get it, where there is a way and it would change something. */
  readonly remedy?: string;
}

/** The policies that the outlook tells about: the two that differ in what the kernel keeps. */
export const OUTLOOK_POLICIES = ['immediate_kill', 'graceful_shutdown'] as const;

export type OutlookPolicy = (typeof OUTLOOK_POLICIES)[number];

/** How a limit would be kept here, by policy. The values of limits are examples. */
export interface LimitOutlook {
  readonly limitType: LimitType;
  readonly promises: Readonly<Record<OutlookPolicy, LimitPromise>>;
}

/** All that `limitrun doctor` tells. */
export interface DoctorReport {
  readonly machine: MachineName;
  readonly findings: readonly Finding[];
  readonly outlooks: readonly LimitOutlook[];
}

/** What was looked at. */
export interface MachineName {
  /** As Node calls it, such as `linux`. */
  readonly platform: string;
  /** Of the kernel, such as `6.1.0-18-amd64`. */
  readonly kernelRelease: string;
  /** Such as `v20.20.2`. */
  readonly nodeVersion: string;
  /** Absent on systems without. */
  readonly uid?: number;
}
