// Opens pages in Chromium, takes screenshots at the two widths that officials use, and lets axe-core judge them.
//
// Reads a JSON object from standard input: {base, out, visits: [{role, cookies: [{name, value}], paths: [..],
// kept: [{path, status, name, html}]}], scripts}.
// Prints one JSON line per page and width: {role, path, width, status, title, violations: [{id, impact, nodes: [..]}],
// overflow, errors}. `overflow` is true when the page scrolls sideways; `errors` are script and policy errors.
import { chromium } from 'playwright-core';
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const order = JSON.parse(readFileSync(0, 'utf8'));
const widths = [[1280, 800], [390, 844]];
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

const browser = await chromium.launch({
  executablePath: process.env.DIENHONG_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

function slug(text) {
  return text.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '').slice(0, 80) || 'home';
}

// `kept` is a page as it was once shown: its HTML stands in for the program's answer; styles, scripts and images are the
// program's own.
async function judge(context, visit, where, [width, height], kept) {
  const page = await context.newPage();
  if (kept) {
    await page.route(order.base + where, (route) => route.fulfill({
      status: kept.status, contentType: 'text/html; charset=utf-8', body: kept.html,
    }));
  }
  await page.setViewportSize({ width, height });
  const errors = [];
  page.on('console', (m) => { if (m.type() === 'error') errors.push(m.text().slice(0, 300)); });
  page.on('pageerror', (e) => errors.push(String(e).slice(0, 300)));
  const answer = await page.goto(order.base + where, { waitUntil: 'load' });
  const result = { role: visit.role, path: where, width, status: answer.status(), title: await page.title() };
  if (order.out) {
    const folder = path.join(order.out, visit.role);
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: path.join(folder, `${slug(kept ? kept.name : where)}-${width}.png`), fullPage: true });
  }
  result.overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1);
  // axe is put in through the debugging protocol, which the page's content security policy does not concern.
  const found = await page.evaluate(`${axeSource}\n;axe.run(document, {runOnly: ${JSON.stringify(tags)}, resultTypes: ['violations']})`);
  result.violations = found.violations.map((v) => ({
    id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 5).map((n) => n.html.slice(0, 200)),
  }));
  result.errors = errors;
  console.log(JSON.stringify(result));
  await page.close();
}

// Readers go about at once, each in a browser context of their own, page after page.
await Promise.all(order.visits.map(async (visit) => {
  const context = await browser.newContext({
    locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', javaScriptEnabled: order.scripts !== false,
  });
  await context.addCookies((visit.cookies ?? []).map((c) => ({ ...c, url: order.base })));
  for (const where of visit.paths) {
    for (const size of widths) await judge(context, visit, where, size);
  }
  for (const kept of visit.kept ?? []) {
    for (const size of widths) await judge(context, visit, kept.path, size, kept);
  }
  await context.close();
}));
await browser.close();
