// npm run bench [-- --quick] [-- NAME...]: limitrun beside its peers, see docs/performance.md.
import {parseArgs} from 'node:util';
import {cleanUp, median, removeScratch} from './harness.js';
import {MEASURES} from './measures.js';
import {PEERS} from './peers.js';
import {sampling} from './sampling.js';
import {startup} from './startup.js';

const {values, positionals} = parseArgs({options: {quick: {type: 'boolean'}}, allowPositionals: true});
const quick = values.quick === true;
const wanted = (name) => positionals.length === 0 || positionals.some((word) => name.startsWith(word));

const round = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Every peer once, then every peer again: what else the machine does meets all of them. */
async function measure({title, columns, rounds, quickRounds = 1, seconds, once}) {
  const found = new Map(PEERS.filter(({installed}) => installed).map((peer) => [peer, []]));
  for (let left = quick ? quickRounds : rounds; left > 0; left -= 1)
    for (const [peer, figures] of found) figures.push(await once(peer, quick ? 2 : seconds));
  console.log(`\n${title}`);
  columns.forEach((column, index) => {
    printColumn(
      column,
      [...found].map(([{name}, figures]) => [name, figures.flatMap((one) => one?.[index] ?? [])]),
    );
  });
}

function printColumn(column, rows) {
  const ours = median(rows[0][1]);
  for (const [name, figures] of rows) {
    if (figures.length === 0) continue;
    const middle = median(figures);
    const range = `(${round(Math.min(...figures))} to ${round(Math.max(...figures))}, n=${figures.length})`;
    const ratio = ours > 0 ? `  ${round(middle / ours)} x limitrun` : '';
    console.log(
      `  ${column.padEnd(26)} ${name.padEnd(15)} ${round(middle).padStart(7)} ${range.padEnd(30)}${ratio}`,
    );
  }
}

async function tidy() {
  await cleanUp();
  removeScratch();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => void tidy().finally(() => process.exit(1)));

try {
  const missing = PEERS.filter(({installed}) => !installed).map(({name}) => name);
  if (missing.length > 0) console.log(`not installed, left out: ${missing.join(', ')}`);
  console.log('median (minimum to maximum, number of runs), and the ratio of medians to limitrun');
  for (const one of MEASURES) if (wanted(one.name)) await measure(one);
  if (wanted('startup')) await startup(quick ? 7 : 40);
  if (wanted('sampling')) await sampling(quick);
} finally {
  await tidy();
}
