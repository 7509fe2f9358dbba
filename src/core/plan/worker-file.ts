import * as v from 'valibot';

import {configFault, type FaultAt} from './config-fault.js';
import type {Setting, SettingValue} from './setting.js';
import {SETTINGS, type Settings} from './settings.js';
import {didYouMean, suggest} from './suggest.js';
import {UsageError} from './usage-error.js';
import type {Worker} from './worker.js';
import {restartOf} from './worker-restart.js';
import {workerFileSchema, type WorkerEntry} from './worker-schema.js';
import {offsetOf, plainData, readYamlTree, type YamlTree} from './yaml-tree.js';

/**
 * Reads the text of a worker file and picks one worker. The whole file is checked, the other workers included.
 * @param file the file's name as the user gave it, for messages
 * @param id the worker wanted; undefined takes the only one
 * @throws UsageError `file:line:column: message` with the line for a fault; the known ids when the id fits none
 */
export function workerFromText(text: string, file: string, id: string | undefined): Worker {
  const faultAt: FaultAt = (offset, message) => configFault(file, text, offset, message);
  const tree = readYamlTree(text, faultAt);
  const result = v.safeParse(workerFileSchema, plainData(tree));
  if (!result.success) throw firstFault(result.issues, tree, faultAt);
  const {workers} = result.output;
  refuseSameIds(workers, tree, faultAt);
  return workerOf(pick(workers, file, id), file);
}

/** Of several faults the one that comes first in the file. */
function firstFault(issues: readonly v.BaseIssue<unknown>[], tree: YamlTree, faultAt: FaultAt): UsageError {
  let best: {offset: number; message: string} | undefined;
  for (const issue of issues) {
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    const offset = offsetOf(tree, path, issue.type === 'strict_object');
    // A misspelt key explains the one that is missing.
    const sooner =
      best === undefined || offset < best.offset || (offset === best.offset && issue.expected === 'never');
    if (sooner) best = {offset, message: messageOf(issue, path)};
  }
  if (best === undefined) throw new Error('a file was refused without a reason');
  return faultAt(best.offset, best.message);
}

function messageOf(issue: v.BaseIssue<unknown>, path: readonly (string | number)[]): string {
  const name = dotted(path);
  if (issue.type !== 'strict_object')
    return name === '' ? `the file ${issue.message}` : `${name}: ${issue.message}`;
  const key = String(path.at(-1));
  if (issue.expected !== 'never') return `${dotted(path.slice(0, -1)) || 'the file'} has no "${key}"`;
  return `unknown key "${key.slice(0, 60)}"${didYouMean(suggest(key, keysAt(path.slice(0, -1))))}`;
}

/** `workers[0].unit.limits` */
function dotted(path: readonly (string | number)[]): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
  return text.replace(/^\./, '');
}

/** The keys the schema knows at a path, for suggestions. */
function keysAt(path: readonly (string | number)[]): string[] {
  let schema: unknown = workerFileSchema;
  for (const step of path) {
    schema = typeof step === 'number' ? inside(schema, 'item') : entriesOf(schema)?.[step];
  }
  return Object.keys(entriesOf(schema) ?? {});
}

function entriesOf(schema: unknown): Record<string, unknown> | undefined {
  return inside(schema, 'entries') as Record<string, unknown> | undefined;
}

/** Looks for a property in a schema, through the wrappers (optional, pipe) around it. */
function inside(schema: unknown, property: 'entries' | 'item'): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const node = schema as {readonly [name: string]: unknown; readonly pipe?: readonly unknown[]};
  for (const part of node.pipe ?? []) {
    const found = inside(part, property);
    if (found !== undefined) return found;
  }
  return node[property] ?? inside(node['wrapped'], property);
}

function refuseSameIds(workers: readonly WorkerEntry[], tree: YamlTree, faultAt: FaultAt): void {
  const seen = new Set<string>();
  for (const [index, worker] of workers.entries()) {
    if (seen.has(worker.id)) {
      throw faultAt(offsetOf(tree, ['workers', index, 'id'], false), `the id "${worker.id}" is given twice`);
    }
    seen.add(worker.id);
  }
}

function pick(workers: readonly WorkerEntry[], file: string, id: string | undefined): WorkerEntry {
  const [first, second] = workers;
  const ids = workers.map((worker) => worker.id);
  const listed = ids.length > 12 ? `${ids.slice(0, 12).join(', ')}, ...` : ids.join(', ');
  if (id !== undefined) {
    const found = workers.find((worker) => worker.id === id);
    if (found !== undefined) return found;
    throw new UsageError(`no worker "${id}" in ${file}${didYouMean(suggest(id, ids))} (it has ${listed})`);
  }
  if (first === undefined || second !== undefined) {
    throw new UsageError(`${file} has several workers; choose one with --worker: ${listed}`);
  }
  return first;
}

function workerOf(entry: WorkerEntry, file: string): Worker {
  const limits = entry.unit?.limits;
  const monitoring = limits?.monitoring;
  const execution = executionOf(entry);
  return {
    id: entry.id,
    file,
    settings: settingsOf(entry),
    rules: {
      memory: rulesOf(limits?.memory),
      cpu: rulesOf(limits?.cpu),
      io: rulesOf(limits?.io),
      process: rulesOf(limits?.process),
    },
    restart: restartOf(entry),
    ...(monitoring?.enabled === undefined ? {} : {monitoringEnabled: monitoring.enabled}),
    ...(monitoring?.alerting_enabled === undefined ? {} : {alertingEnabled: monitoring.alerting_enabled}),
    ...(monitoring?.history_retention === undefined
      ? {}
      : {historyRetentionMs: monitoring.history_retention}),
    ...(execution === undefined ? {} : {execution}),
  };
}

/** The settings by the paths in the table of settings; paths with a `*` are rules of groups. */
function settingsOf(entry: WorkerEntry): Settings {
  const found: [string, SettingValue][] = [];
  for (const setting of SETTINGS as readonly Setting[]) {
    let value: unknown = setting.yaml === undefined || setting.yaml.includes('*') ? undefined : entry;
    for (const key of setting.yaml?.split('.') ?? []) {
      value =
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    }
    if (value !== undefined) found.push([setting.flag, value as SettingValue]);
  }
  const grace = entry.unit?.context_aware_restart?.startup_grace_period;
  if (grace !== undefined) found.push(['startup-grace', grace]);
  return Object.fromEntries(found);
}

function rulesOf(group: {warning_threshold?: number; sustained_violation_time?: number} | undefined) {
  return {
    ...(group?.warning_threshold === undefined ? {} : {warningThresholdPercent: group.warning_threshold}),
    ...(group?.sustained_violation_time === undefined
      ? {}
      : {sustainedViolationTimeMs: group.sustained_violation_time}),
  };
}

function executionOf(entry: WorkerEntry): Worker['execution'] {
  const execution = entry.unit?.execution;
  if (execution === undefined) return undefined;
  const {
    executable_path: path,
    command,
    args = [],
    environment = {},
    working_directory: directory,
  } = execution;
  const program = path ?? command ?? [];
  return {
    words: [...(typeof program === 'string' ? [program] : program), ...args],
    environment,
    ...(directory === undefined ? {} : {workingDirectory: directory}),
  };
}
