import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndexRanges } from './index-ranges.js';

const indexes = fc.uniqueArray(fc.nat({ max: 60 }));

it('holds what was added, in order, in as few ranges as there can be', () => {
  fc.assert(
    fc.property(indexes, (added) => {
      const ranges = new IndexRanges();
      for (const index of added) ranges.add(index);
      const list = ranges.list();
      expect(list.flatMap(([from, to]) => Array.from({ length: to - from }, (_, offset) => from + offset))).toEqual([...added].sort((a, b) => a - b));
      expect(list.every(([from], place) => place === 0 || from > (list[place - 1]?.[1] ?? 0))).toBe(true);
      expect(ranges.size).toBe(added.length);
    }),
  );
});

it('gives the first index out, until there is none', () => {
  fc.assert(
    fc.property(indexes, (added) => {
      const ranges = new IndexRanges();
      for (const index of added) ranges.add(index);
      expect(added.map(() => ranges.take())).toEqual([...added].sort((a, b) => a - b));
      expect(ranges.take()).toBeUndefined();
      expect(ranges.isEmpty).toBe(true);
    }),
  );
});
