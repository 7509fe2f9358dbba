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

test('after a whole text the file grows by samples, and only by samples', () => {
  const lines = new LiveLines();
  lines.add(started(), undefined);
  lines.add(sampled(0, {memory: {rssBytes: 1}}), undefined);
  expect(lines.growing).toBe(false);
  lines.text([]);
  expect(lines.growing).toBe(false);
  lines.add(sampled(1000, {memory: {rssBytes: 2}}), 'as it is in the log');
  expect(lines).toMatchObject({growing: true, skipped: false});
  expect(lines.more([])).toBe('as it is in the log\n');
  expect(lines.growing).toBe(false);
  lines.add(sampled(2000, {memory: {rssBytes: 3}}), undefined);
  lines.add({kind: 'notice', level: 'info', text: 'news', atMs: 2100, timestampMs: 2100}, undefined);
  expect(lines.growing).toBe(false);
  const whole = lines.text([]);
  expect(whole).toContain('as it is in the log');
  expect(whole).toContain('news');
});

test('samples that were left out are told', () => {
  const lines = new LiveLines();
  lines.add(started(), undefined);
  lines.add(sampled(0, {memory: {rssBytes: 9}}), undefined);
  lines.add(sampled(1, {memory: {rssBytes: 1}}), undefined);
  expect(lines.skipped).toBe(true);
  const text = lines.more([sampled(2, {memory: {rssBytes: 7}})]);
  expect([...text.matchAll(/"rss_bytes":(\d+)/g)].map(([, bytes]) => bytes)).toEqual(['1', '7']);
  expect(lines.skipped).toBe(false);
});
