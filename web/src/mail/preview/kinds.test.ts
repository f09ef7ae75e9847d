import { expect, it } from 'vitest';
import { previewOf } from './kinds';

const of = (type: string, name = 'x', size = 10) => previewOf({ type, name, size });

it('shows as an image only what holds no script', () => {
  expect(of('image/png')).toBe('image');
  expect(of('IMAGE/JPEG')).toBe('image');
  expect(of('image/svg+xml')).toBe('text');
  expect(of('text/html')).toBe('text');
  expect(of('text/calendar')).toBe('text');
  expect(of('text/vcard')).toBe('text');
  expect(of('application/pdf')).toBe('pdf');
  expect(of('application/octet-stream', 'a.PDF')).toBe('pdf');
  expect(of('application/octet-stream', 'a.txt')).toBe('text');
  expect(of('application/x-msdownload', 'a.exe')).toBeNull();
  expect(of('image/png', 'x', 1e9)).toBeNull();
});
