import {expect, test} from 'vitest';
import {LiveLines} from '../../../src/core/store/live-lines.js';
import {sampled, started} from '../report/sample-runs.js';

test('samples of a minute, about a second apart however often the text is made; the last one is the latest', () => {
  const lines = new LiveLines();
  lines.add(started(), undefined);
  let text = '';
  for (let ms = 0; ms <= 120_000; ms += 100) {
    lines.add(sampled(ms, {memory: {rssBytes: ms}}), undefined);
    text = lines.text([]);
  }
  const rss = [...text.matchAll(/"rss_bytes":(\d+)/g)].map(([, bytes]) => Number(bytes));
  expect(rss.at(-1)).toBe(120_000);
  expect(rss[0]).toBeGreaterThanOrEqual(60_000);
  expect(rss[0]).toBeLessThan(62_000);
  expect(rss.length).toBeGreaterThan(50);
  expect(rss.length).toBeLessThan(70);
});
