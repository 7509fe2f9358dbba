import type {Finding, FindingState} from './doctor-report.js';
import type {MachineFacts, PlaceFacts, TerminalFacts} from './machine-facts.js';

/** The oldest Node that limitrun runs on: `engines` of package.json. */
export const LEAST_NODE = [20, 19] as const;

/** What sees to the end of a tree. Pure. */
export function judgeEnding({guardMissing}: MachineFacts): Finding[] {
  const row = {id: 'guard', area: 'ending', what: 'guard'} as const;
  return [
    guardMissing === undefined
      ? {...row, state: 'yes', meaning: 'the command is ended even if limitrun is killed by SIGKILL'}
      : {
          ...row,
          state: 'no',
          meaning: `if limitrun is killed by SIGKILL the command runs on without limits: ${guardMissing}`,
        },
  ];
}

/** Files, terminal, Node and the way limitrun was started. Pure. */
export function judgeSurroundings(facts: MachineFacts): Finding[] {
  return [
    stateDirectory(facts.state),
    runtimeDirectory(facts),
    terminal(facts.terminal),
    node(facts),
    launcher(facts),
  ];
}

function surrounding(
  id: string,
  what: string,
  state: FindingState,
  meaning: string,
  remedy?: string,
): Finding {
  return {id, area: 'surroundings', what, state, meaning, ...(remedy === undefined ? {} : {remedy})};
}

function stateDirectory(place: PlaceFacts): Finding {
  const tell = surrounding.bind(undefined, 'state_directory', 'state directory');
  const lost = 'no records, so runs do not show in limitrun status';
  const remedy = 'set XDG_STATE_HOME to a directory that is yours';
  switch (place.kind) {
    case 'usable':
      return tell('yes', `records of runs in ${place.path}`);
    case 'creatable':
      return tell('yes', `records of runs in ${place.path}, which the first run makes`);
    case 'unusable':
      return tell('no', `${lost}: ${place.path}: ${place.why}`, remedy);
    case 'nowhere':
      return tell('no', `${lost}: neither HOME nor XDG_STATE_HOME is set`, remedy);
  }
}

function runtimeDirectory({runtime, state, machine}: MachineFacts): Finding {
  const tell = surrounding.bind(undefined, 'runtime_directory', 'runtime directory');
  const instead =
    state.kind === 'usable' || state.kind === 'creatable'
      ? 'the present state of runs is kept in the state directory instead'
      : 'runs that go on do not show in limitrun status';
  switch (runtime.kind) {
    case 'usable':
      return tell('yes', `the present state of runs in ${runtime.path}`);
    case 'creatable':
      return tell('yes', `the present state of runs in ${runtime.path}, which the first run makes`);
    case 'unusable':
      return tell('no', `${instead}: ${runtime.path}: ${runtime.why}`);
    case 'nowhere': {
      const isUsual = machine.platform === 'linux' && machine.uid !== 0 && machine.uid !== undefined;
      const remedy = isUsual
        ? `export XDG_RUNTIME_DIR=/run/user/${String(machine.uid)}, where that exists`
        : undefined;
      return tell('no', `${instead}: XDG_RUNTIME_DIR is not set`, remedy);
    }
  }
}

function terminal({size, utf8, region}: TerminalFacts): Finding {
  const tell = surrounding.bind(undefined, 'terminal', 'terminal');
  if (size === undefined) {
    return tell('no', 'no live table: standard error is no terminal; --progress plain prints lines instead');
  }
  if (!region) {
    return tell(
      'no',
      'no live table: the terminal is not known to have scroll regions',
      'export TERM=xterm-256color, if it is one',
    );
  }
  const cells = size.columns > 0 ? `${String(size.columns)} x ${String(size.rows)}` : 'of unknown size';
  if (utf8) return tell('yes', `live table with bars and curves, ${cells}`);
  return tell(
    'partly',
    `live table, ${cells}, drawn in ASCII`,
    'export LANG=C.UTF-8 (or another locale of UTF-8), if the terminal shows it',
  );
}

function node({machine: {nodeVersion}}: MachineFacts): Finding {
  const [major = 0, minor = 0] = (/^v(\d+)\.(\d+)/.exec(nodeVersion) ?? []).slice(1).map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  const isNewEnough = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const least = `Node ${LEAST_NODE.join('.')} or newer`;
  const tell = surrounding.bind(undefined, 'node', 'Node');
  if (isNewEnough) return tell('yes', nodeVersion);
  return tell('no', `${nodeVersion} is older than what limitrun is made for`, `install ${least}`);
}

function launcher({byLauncher, machine}: MachineFacts): Finding {
  const tell = surrounding.bind(undefined, 'launcher', 'launcher');
  if (byLauncher)
    return tell('yes', 'ignored signals, the soft limit of open files and NODE_OPTIONS reach the command');
  return tell(
    'no',
    'what Node changes reaches the command changed: ignored signals, open-files limit, NODE_OPTIONS',
    machine.platform === 'win32'
      ? undefined
      : 'start bin/limitrun, which npm installs as limitrun, not bin/run.js',
  );
}
