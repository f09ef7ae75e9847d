import { defineConfig } from '@playwright/test';

// The server is started by whoever starts this, with people in it; the browser is Debian's.
// Passkeys belong to a name: the browser is told that the server's leads here.
const named = process.env.PASSKEY_URL ? new URL(process.env.PASSKEY_URL).hostname : '';
const names = named && named !== 'localhost' ? [`--host-resolver-rules=MAP ${named} 127.0.0.1`] : [];

export default defineConfig({
  testDir: 'e2e',
  workers: 1,
  timeout: 60_000,
  forbidOnly: true,
  reporter: 'list',
  outputDir: process.env.RESULTS ?? 'test-results',
  use: {
    baseURL: process.env.BASE_URL,
    ignoreHTTPSErrors: true,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: { width: 1280, height: 800 },
    launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', ...names] },
  },
});
