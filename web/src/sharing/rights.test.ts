import { expect, it } from 'vitest';
import { LEVELS, levelOf, type Kind } from './rights';

it('each step is read back as itself, and includes the one before', () => {
  for (const kind of Object.keys(LEVELS) as Kind[]) {
    LEVELS[kind].forEach((level, at) => {
      expect(levelOf(kind, level.rights)).toBe(level);
      for (const name of Object.keys(LEVELS[kind][at - 1]?.rights ?? {})) expect(level.rights[name]).toBe(true);
    });
  }
  expect(levelOf('Calendar', { mayReadFreeBusy: true, mayReadItems: true, mayRSVP: true })?.word).toBe('shareRead');
  expect(levelOf('Mailbox', {})).toBeUndefined();
});
