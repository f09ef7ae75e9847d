// A photo made small enough for a card: what programs show of it is never larger.

const SIDE = 480;
const QUALITY = 0.86;

/** The middle of a picture as a small square. */
export async function portrait(file: Blob): Promise<Blob> {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const made = document.createElement('canvas');
  made.width = made.height = Math.min(side, SIDE);
  const context = made.getContext('2d');
  if (!context) throw new Error('no canvas');
  // What can be seen through would be black.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, made.width, made.height);
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, made.width, made.height);
  picture.close();
  return new Promise((resolve, reject) => made.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', QUALITY));
}
