// How a file is shown without anything of it being run: as an image of a kind that holds no script, as pages that are drawn
// here, or as the text that it is.

import type { BodyPart } from '../../jmap/types';

export type Preview = 'image' | 'pdf' | 'text';

/** Octets of a text that are shown. */
export const TEXT_OCTETS_MAX = 1_000_000;
/** Octets of an image or PDF that are fetched for a preview. */
export const FILE_OCTETS_MAX = 50_000_000;

/** SVG, HTML, calendars and contacts are shown as text: they can carry script, addresses and markup. */
const TEXT = /^(text\/|message\/|image\/svg|application\/(json|xml|xhtml\+xml|ics|javascript|x-sh|sieve|pgp-keys|pgp-signature))/i;
const TEXT_NAME = /\.(txt|md|csv|log|ics|vcf|svg|xml|html?|json|eml|asc|ya?ml|toml|ini|conf|diff|patch|sh|js|ts|py|rs|c|h|sql)$/i;

export function previewOf(part: Pick<BodyPart, 'type' | 'name' | 'size'>): Preview | null {
  const name = part.name ?? '';
  if (/^image\/(png|jpe?g|gif|webp)$/i.test(part.type)) return part.size <= FILE_OCTETS_MAX ? 'image' : null;
  if (/^application\/pdf$/i.test(part.type) || (/^application\/octet-stream$/i.test(part.type) && /\.pdf$/i.test(name))) return part.size <= FILE_OCTETS_MAX ? 'pdf' : null;
  if (TEXT.test(part.type) || (/^application\/octet-stream$/i.test(part.type) && TEXT_NAME.test(name))) return 'text';
  return null;
}
