// Takes one picture of each page at 1280x800. Reads {base, out, pages: [{name, cookies, path}]} from standard input.
import { chromium } from 'playwright-core';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const order = JSON.parse(readFileSync(0, 'utf8'));
mkdirSync(order.out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.DIENHONG_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
for (const shot of order.pages) {
  const context = await browser.newContext({
    locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', viewport: { width: 1280, height: 800 },
  });
  await context.addCookies(shot.cookies.map((c) => ({ ...c, url: order.base })));
  const page = await context.newPage();
  const answer = await page.goto(order.base + shot.path, { waitUntil: 'load' });
  if (answer.status() !== 200) throw new Error(`${shot.path} answered ${answer.status()}`);
  // Images of the paper load when they come near the view.
  await page.waitForFunction(() => [...document.images].slice(0, 2).every((i) => i.complete));
  await page.waitForTimeout(300);
  await page.screenshot({ path: path.join(order.out, `${shot.name}.png`) });
  await context.close();
}
await browser.close();
