import {askerHere} from './containment/asker-here.js';
import {examine} from './doctor/examine.js';
import {readMachineFacts} from './doctor/read-machine-facts.js';
import {DEFAULTS} from './plan/resolve-plan.js';
import {inheritance} from './process/own-inheritance.js';
import {limitrunVersion} from './version.js';

/** Where it is shown. */
export interface DoctorScreen {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
  /** Of the terminal; absent or 0: not known. */
  readonly columns: number | undefined;
}

/** Narrower lines would say nothing. */
const NARROWEST = 60;
/** Where the width is not known, and where nobody looks at columns. */
const USUAL_WIDTH = 80;

/** Looks at the machine and tells what it offers, with the line break at the end. Nothing is made or started. */
export async function doctorText(json: boolean, screen: DoctorScreen): Promise<string> {
  const {ignoredSignals, byLauncher = false} = inheritance;
  const facts = readMachineFacts({
    asker: askerHere(ignoredSignals),
    byLauncher,
    environment: screen.environment,
  });
  const report = examine(facts, DEFAULTS.intervalMs);
  if (json) {
    const {doctorJson} = await import('./report/doctor-json.js');
    return doctorJson(report, limitrunVersion());
  }
  const [{doctorTable}, {screenStyle}] = await Promise.all([
    import('./report/doctor-table.js'),
    import('./screen-style.js'),
  ]);
  const {isTerminal, columns} = screen;
  const width =
    isTerminal && columns !== undefined && columns > 0 ? Math.max(NARROWEST, columns) : USUAL_WIDTH;
  const style = await screenStyle(screen);
  return `${doctorTable(report, {style, width, limitrunVersion: limitrunVersion()})}\n`;
}
