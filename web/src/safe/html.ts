// HTML of strangers made safe to show: sanitised, and meant for a frame in which no script runs and nothing is loaded that the
// reader did not ask for.

import DOMPurify from 'dompurify';

/** What is shown, and whether something of other servers was left out. */
export interface Safe {
  html: string;
  hasRemote: boolean;
}

const REMOTE = /^\s*(?:https?:)?\/\//i;
/** `url(...)` in styles, with whatever it names. */
const STYLE_URL = /url\s*\([^)]*\)/gi;

/** Gives the address of an image that came with the message. */
type Inside = (cid: string) => string | null;

/** What is being made safe: the sanitiser is made once, and told of each body. */
let now: { cid: Inside; showRemote: boolean; hasRemote: boolean } = { cid: () => null, showRemote: false, hasRemote: false };
let made: ReturnType<typeof DOMPurify> | null = null;

/** Makes a body safe. */
export function safe(html: string, cid: Inside, showRemote: boolean): Safe {
  now = { cid, showRemote, hasRemote: false };
  made ??= sanitiser();
  const clean = made.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      'style', 'form', 'input', 'button', 'textarea', 'select', 'option', 'svg', 'math', 'audio', 'video', 'source', 'track', 'dialog', 'template', 'base', 'link', 'meta',
    ],
    FORBID_ATTR: ['id', 'name', 'class', 'action', 'formaction', 'autofocus', 'contenteditable', 'tabindex', 'accesskey', 'usemap', 'is', 'slot', 'part'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    // `cid:` is looked up above and never reaches the page.
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|data:image\/|#|\/\/)/i,
    WHOLE_DOCUMENT: false,
  });
  return { html: clean, hasRemote: now.hasRemote };
}

function sanitiser(): ReturnType<typeof DOMPurify> {
  const purify = DOMPurify(window);
  purify.addHook('afterSanitizeAttributes', (node) => {
    if (node instanceof HTMLAnchorElement || node instanceof HTMLAreaElement) {
      const href = node.getAttribute('href') ?? '';
      // Links open elsewhere, and the other side does not learn from where.
      if (/^(https?:|mailto:|tel:)/i.test(href)) {
        node.setAttribute('target', '_blank');
        node.setAttribute('rel', 'noopener noreferrer nofollow');
      } else if (!href.startsWith('#')) {
        node.removeAttribute('href');
      }
    }
    const source = node.getAttribute('src');
    if (source !== null) {
      const inside = /^cid:(.*)$/i.exec(source.trim());
      const found = inside ? now.cid(decode(inside[1] ?? '')) : null;
      if (found !== null) {
        node.setAttribute('src', found);
      } else if (REMOTE.test(source)) {
        now.hasRemote = true;
        if (!now.showRemote) node.removeAttribute('src');
      } else if (!/^data:image\/(png|gif|jpe?g|webp);/i.test(source)) {
        node.removeAttribute('src');
      }
    }
    for (const name of ['srcset', 'background', 'poster', 'data', 'ping', 'lowsrc', 'dynsrc', 'longdesc']) {
      if (!node.hasAttribute(name)) continue;
      now.hasRemote ||= REMOTE.test(node.getAttribute(name) ?? '');
      node.removeAttribute(name);
    }
    const style = node.getAttribute('style');
    if (style !== null && STYLE_URL.test(style)) {
      now.hasRemote = true;
      if (!now.showRemote) node.setAttribute('style', style.replace(STYLE_URL, 'none'));
    }
    STYLE_URL.lastIndex = 0;
  });
  return purify;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The document of the frame. Its policy allows images and styles, nothing else; from elsewhere only when asked for. */
export function frame(safe: Safe, showRemote: boolean): string {
  const images = showRemote ? 'data: blob: https:' : 'data: blob:';
  const policy = `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer"><style>${STYLE}</style></head><body>${safe.html}</body></html>`;
}

/** Mail was written for white paper; in the dark it keeps it. */
const STYLE = `html{background:#fff;color:#111;color-scheme:light}body{margin:12px;font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
img{max-width:100%;height:auto}table{max-width:100%}blockquote{margin:0 0 0 8px;padding-left:10px;border-left:3px solid #c7d2e0;color:#444}pre{white-space:pre-wrap}`;

/** Plain text as HTML: its links can be followed, quotes are told apart. */
export function fromText(text: string): string {
  const escaped = text.replace(/[&<>"]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[letter] ?? letter);
  const linked = escaped.replace(/\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/g, (url) => `<a href="${url}">${url}</a>`);
  const lines = linked.split(/\r?\n/).map((line) => (/^&gt;/.test(line) ? `<span style="color:#446">${line}</span>` : line));
  return `<div style="white-space:pre-wrap">${lines.join('\n')}</div>`;
}
