import {OUTLOOK_POLICIES, type DoctorReport, type LimitOutlook} from '../doctor/doctor-report.js';
import type {LimitPromise} from '../record/run-event.js';
import {escaped} from './json-text.js';
import type {Json} from './json-report.js';

/** The version of the document; raised when a field changes its meaning or goes. */
export const DOCTOR_SCHEMA = 'limitrun-doctor/1';

/**
 * What the machine offers as described by schemas/doctor.v1.schema.json: one JSON document, indented, with a line break
 * at its end and nothing in it that a terminal could obey.
 */
export function doctorJson({machine, findings, outlooks}: DoctorReport, limitrunVersion: string): string {
  const document: Json = {
    schema: DOCTOR_SCHEMA,
    limitrun_version: limitrunVersion,
    machine: {
      platform: machine.platform,
      kernel_release: machine.kernelRelease,
      node_version: machine.nodeVersion,
      uid: machine.uid,
    },
    findings: findings.map(({id, area, what, state, meaning, remedy}) => ({
      id,
      area,
      what,
      state,
      meaning,
      remedy,
    })),
    limits: outlooks.flatMap(outlookJson),
  };
  return `${escaped(JSON.stringify(document, undefined, 2))}\n`;
}

function outlookJson({limitType, promises}: LimitOutlook): Json[] {
  return OUTLOOK_POLICIES.map((policy) => promiseJson(limitType, policy, promises[policy]));
}

function promiseJson(limit: string, policy: string, promise: LimitPromise): Json {
  const {enforcedBy, everyMs, cap, overshoot} = promise;
  return {
    limit,
    policy,
    enforced_by: enforcedBy,
    every_ms: everyMs,
    cap: cap && {source: cap.source, role: enforcedBy === 'kernel' ? 'limit' : 'backstop'},
    overshoot,
  };
}
