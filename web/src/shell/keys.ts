// Keys that act where nobody is writing: what each of them does, whether it is meant, and how they are listed.

/** The keys, the word of the texts for what they do, and how it is done; in the order in which they are listed. */
export type Keys<Word extends string> = [keys: string[], what: Word, act: () => void][];

const SIGNS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→', ArrowDown: '↓', ArrowUp: '↑', Delete: 'Del', Escape: 'Esc' };

/** Keys and what they do, as the list of them shows it. */
export function listed<Word extends string>(keys: Keys<Word>): [string[], Word][] {
  return keys.map(([names, what]) => [names.map((name) => SIGNS[name] ?? name), what]);
}

/** Whether a key means the page: nobody is writing, nothing is asked, and no other program is meant. */
export function isFree(event: KeyboardEvent): boolean {
  const target = event.target;
  const writes = target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
  const isBox = target instanceof HTMLInputElement && target.type === 'checkbox';
  return (!writes || isBox) && !event.ctrlKey && !event.metaKey && !event.altKey && !document.querySelector('dialog[open]');
}

/** Does what a key stands for. */
export function act<Word extends string>(keys: Keys<Word>, event: KeyboardEvent): void {
  const [, , does] = keys.find(([names]) => names.includes(event.key)) ?? [];
  if (!does) return;
  event.preventDefault();
  does();
}
