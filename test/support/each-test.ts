import {afterEach, beforeEach, expect} from 'vitest';
import {describeSurvivors} from './survivors.js';
import {beginTest, endTest} from './this-test.js';

beforeEach(() => {
  beginTest();
});

afterEach(async () => {
  const left = await endTest();
  expect(describeSurvivors(left), 'processes left running by this test').toBe('nobody');
});
