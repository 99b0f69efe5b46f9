import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ganttBar } from './gantt.js';

test('a bar lies where its call lay', () => {
  expect(ganttBar({ offsetMs: 0, durationMs: 500 }, 1_000, 10)).toBe('█████     ');
  expect(ganttBar({ offsetMs: 500, durationMs: 500 }, 1_000, 10)).toBe('     █████');
  expect(ganttBar({ offsetMs: 999, durationMs: 1 }, 1_000, 10)).toBe('         █');
  expect(ganttBar({ offsetMs: 400 }, 1_000, 10)).toBe('    ▒▒▒▒▒▒');
});

test('whatever clocks say, a bar is seen and has its width', () => {
  const length = fc.integer({ min: -1_000, max: 10_000 });
  const call = fc.record({ offsetMs: length, durationMs: fc.option(fc.nat(10_000), { nil: undefined }) });
  fc.assert(
    fc.property(call, length, fc.integer({ min: 12, max: 60 }), (it, total, width) => {
      expect(ganttBar(it, total, width)).toMatch(new RegExp(`^(?=.{${width}}$) *[█▒]+ *$`));
    }),
  );
});
