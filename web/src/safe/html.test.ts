import { describe, expect, it } from 'vitest';
import { frame, fromText, safe } from './html';

const none = () => null;

describe('hostile HTML', () => {
  const cases = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><script>alert(1)</script></svg>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="  java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="vbscript:x">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<object data="https://evil.example"></object>',
    '<embed src="https://evil.example">',
    '<form action="https://evil.example"><input name=a><button formaction="javascript:alert(1)">x</button></form>',
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<link rel=stylesheet href="https://evil.example/x.css">',
    '<style>@import url(https://evil.example/x.css);</style>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
    '<template><script>alert(1)</script></template>',
    '<video src="https://evil.example/v" poster="https://evil.example/p"></video>',
    '<body onload=alert(1)>',
    '<div onclick="alert(1)" onmouseover=alert(1)>x</div>',
    '<img src="https://evil.example/pixel.gif">',
    '<img srcset="https://evil.example/pixel.gif 1x">',
    '<table background="https://evil.example/b.gif"><tr><td>x</td></tr></table>',
    '<div style="background:url(https://evil.example/b.gif)">x</div>',
    '<div style="background:URL ( \'https://evil.example/b.gif\' )">x</div>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<a href="https://ok.example" ping="https://evil.example">x</a>',
    '<p id="app">x</p><a name="cookie">x</a>',
  ];

  for (const html of cases) {
    it(html.slice(0, 60), () => {
      const { html: clean } = safe(html, none, false);
      const page = new DOMParser().parseFromString(clean, 'text/html');
      expect(page.querySelector('script,iframe,object,embed,form,input,button,meta,base,link,style,svg,math,video,template')).toBeNull();
      for (const node of page.querySelectorAll('*')) {
        for (const { name, value } of node.attributes) {
          expect(name).not.toMatch(/^on/);
          expect(`${name}=${value}`).not.toMatch(/script:|evil\.example|^id=|^name=/i);
        }
      }
    });
  }
});

it('shows images of other servers only when asked to, and says that there are some', () => {
  const html = '<img src="https://cdn.example/a.png">';
  expect(safe(html, none, false)).toMatchObject({ hasRemote: true });
  expect(safe(html, none, false).html).not.toContain('cdn.example');
  expect(safe(html, none, true).html).toContain('https://cdn.example/a.png');
});

it('shows images that came with the message', () => {
  const { html, hasRemote } = safe('<img src="cid:a%40b">', (id) => (id === 'a@b' ? 'blob:x' : null), false);
  expect(html).toContain('src="blob:x"');
  expect(hasRemote).toBe(false);
});

it('has a policy that runs nothing and loads nothing', () => {
  const page = frame({ html: 'x', hasRemote: false }, false);
  expect(page).toContain("default-src 'none'");
  expect(page).not.toContain('https:');
});

it('makes text HTML without letting it be HTML', () => {
  expect(fromText('a <b> https://x.example/y.\n> quoted')).toBe(
    '<div style="white-space:pre-wrap">a &lt;b&gt; <a href="https://x.example/y">https://x.example/y</a>.\n<span style="color:#446">&gt; quoted</span></div>',
  );
});
