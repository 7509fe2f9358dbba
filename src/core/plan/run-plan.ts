import type {ResourceLimits} from '../limits/resource-limits.js';
import type {ViolationHandlingMode} from '../limits/resource-policy.js';
import type {RestartPolicy} from '../limits/restart-policy.js';
import type {PROGRESS_MODES} from './output-settings.js';

/** The command to run. */
export interface CommandPlan {
  /** As typed: looked up in the child's PATH when it holds no slash. */
  readonly file: string;
  readonly args: readonly string[];
  /** Absolute or relative to limitrun's working directory; absent: limitrun's own. */
  readonly workingDirectory?: string;
  /** Added to (or replacing) what limitrun's environment holds. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How restarts are rationed: what the restart breaker is given. */
export interface RestartRules {
  /** Restarts after the first attempt. */
  readonly maxRestarts: number;
  readonly delayMs: number;
  /** Each delay is this many times the one before. */
  readonly backoffRate: number;
  /** No delay grows beyond this. */
  readonly maxDelayMs: number;
  /** Delays vary at random by up to this share of them, 0 to 1. */
  readonly jitter: number;
  /** Only restarts of this last while count; absent: those of the whole run. */
  readonly windowMs?: number;
  /** An attempt that lives this long resets count and delay; absent: none does. */
  readonly stableMs?: number;
}

/** When and how often a run is started again. */
export interface RestartPlan {
  /** What happens when the command ends by itself. */
  readonly policy: RestartPolicy;
  /** For a command that ended by itself. */
  readonly afterExit: RestartRules;
  /** For a broken limit. */
  readonly afterViolation: RestartRules;
  /** Usage is not judged for this long after the start of an attempt; the timeout is. */
  readonly startupGraceMs: number;
}

/** How policy `restart_adjusted` raises the limit that was broken. */
export interface AdjustPlan {
  /** At least 1. */
  readonly factor: number;
  /** No limit that is a size is raised beyond this. */
  readonly maxBytes?: number;
}

export interface MonitoringPlan {
  /** `false`: nothing is sampled; only the timeout is kept. */
  readonly enabled: boolean;
  /** Longest gap between two samples. */
  readonly intervalMs: number;
  readonly historyRetentionMs: number;
  readonly enforce: 'auto' | 'kernel' | 'poll';
  readonly strict: boolean;
  /** `false`: violations are recorded but not printed as they happen. */
  readonly alertingEnabled: boolean;
}

/** What is run when a limit is broken. */
export interface HookPlan {
  /** The program, then its arguments. */
  readonly words: readonly [string, ...string[]];
  /** After this long it is killed. */
  readonly timeoutMs: number;
  /** The tree stands still while the hook runs. */
  readonly freeze: boolean;
}

export interface OutputPlan {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly reportFile?: string;
  readonly eventsFile?: string;
  readonly progress: (typeof PROGRESS_MODES)[number];
  /** Between two lines of progress `plain`. */
  readonly progressIntervalMs: number;
  /** A run with a critical violation never ends with 0. */
  readonly failOnViolation: boolean;
  /** Replaces 110-114 and 118. */
  readonly violationExitCode?: number;
}

/** What is kept of a run for `watch` and `status`. */
export interface RecordPlan {
  readonly enabled: boolean;
  readonly maxAgeMs: number;
  readonly maxCount: number;
}

/** Everything that was asked for, from flags, environment, file and defaults. After this nobody reads them again. */
export interface RunPlan {
  readonly name?: string;
  readonly command: CommandPlan;
  readonly limits: ResourceLimits;
  readonly handling: ViolationHandlingMode;
  readonly gracePeriodMs: number;
  readonly restart: RestartPlan;
  readonly adjust: AdjustPlan;
  readonly monitoring: MonitoringPlan;
  readonly hook?: HookPlan;
  readonly output: OutputPlan;
  readonly record: RecordPlan;
  /** The arguments of commands, which may hold secrets, are left out of whatever is written. */
  readonly redactArguments: boolean;
  readonly keepBackground: boolean;
  /** What the user should know before the start, one line each (such as "violation handling is external because ..."). */
  readonly notices: readonly string[];
  /** What was asked for and is not kept, one line each. */
  readonly warnings: readonly string[];
}
