import {userTasksAreHeld} from '../limits/limit-promises.js';
import type {DoctorReport} from './doctor-report.js';
import {judgeCapping} from './judge-capping.js';
import {judgeMeasuring} from './judge-measuring.js';
import {judgeEnding, judgeSurroundings} from './judge-surroundings.js';
import {capsHere, limitOutlooks} from './limit-outlooks.js';
import type {MachineFacts} from './machine-facts.js';

/** Judges what was read of a machine. @param intervalMs the longest gap between two samples */
export function examine(facts: MachineFacts, intervalMs: number): DoctorReport {
  const {machine} = facts;
  const caps = facts.groups && capsHere(facts.groups);
  return {
    machine,
    findings: [
      ...judgeMeasuring(facts),
      ...judgeCapping(facts, caps),
      ...judgeEnding(facts),
      ...judgeSurroundings(facts),
    ],
    outlooks: limitOutlooks(
      facts.measures,
      intervalMs,
      caps,
      userTasksAreHeld(machine.platform, machine.uid),
    ),
  };
}
