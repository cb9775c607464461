// Signs at the page with the agent on this machine, in Chromium. Reads {base, path, code, cookies, out} from standard
// input; prints {url, words, policies, errors, overflow}.
import { chromium } from 'playwright-core';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const order = JSON.parse(readFileSync(0, 'utf8'));
const browser = await chromium.launch({
  executablePath: process.env.DIENHONG_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
// The agent's certificate is one that its installer puts into the system; here it is taken as it is.
const context = await browser.newContext({
  locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 },
});
await context.addCookies(order.cookies.map((c) => ({ ...c, url: order.base })));
const page = await context.newPage();
const errors = [];
page.on('console', (m) => { if (m.type() === 'error') errors.push(m.text().slice(0, 300)); });
page.on('pageerror', (e) => errors.push(String(e).slice(0, 300)));
const before = await page.goto(order.base + order.path);
const policies = [before.headers()['content-security-policy']];
await page.fill('form.dh-bind input[name=code]', order.code);
const [answer] = await Promise.all([
  page.waitForResponse((r) => r.request().method() === 'POST' && r.url().endsWith('/sign/device')),
  page.click('form.dh-bind button[type=submit]'),
]);
policies.push(answer.headers()['content-security-policy']);
await page.waitForSelector('dh-agent button:not([hidden])');
if (order.out) {
  mkdirSync(order.out, { recursive: true });
  for (const [width, height] of [[1280, 800], [390, 844]]) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: path.join(order.out, `sign-device-${width}.png`), fullPage: true });
  }
}
const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1);
await page.click('dh-agent button');
// The agent answers, or the button can be pressed again.
await page.waitForFunction(() => {
  const button = document.querySelector('dh-agent button');
  return !button || !button.disabled;
}, null, { timeout: 30000 });
const words = await page.textContent('main');
console.log(JSON.stringify({ url: page.url(), words, policies, errors, overflow }));
await browser.close();
