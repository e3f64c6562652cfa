/** The page of `knox evidence --html` in a browser: accessible in light and dark, on a phone and on paper, and alone. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { startChromium } from '../helpers/chromium.ts';
import { makeScene } from '../helpers/evidence-scene.ts';
import { describeNeeding } from '../helpers/needing.ts';
import { must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeNeeding(['chromium'], 'the page', () => {
  let project: Project;
  let browser: Browser;
  let page: Page;
  let seen: { requests: string[]; said: string[] };

  beforeAll(async () => {
    ({ project } = await makeScene());
    await must(project.knox(['evidence', '--html', 'page.html']));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    project.remove();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    seen = { requests: [], said: [] };
    page.on('request', (request) => seen.requests.push(request.url()));
    page.on('console', (message) => seen.said.push(message.text()));
    page.on('pageerror', (error) => seen.said.push(String(error)));
    page.on('dialog', (dialog) => {
      seen.said.push(dialog.message());
      void dialog.dismiss();
    });
  });
  afterEach(() => page.close());

  const url = (file = 'page.html') => pathToFileURL(join(project.folder, file)).href;
  const open = async (scheme: 'light' | 'dark', width: number): Promise<void> => {
    await page.setViewport({ width, height: 844 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(url());
  };
  const inPage = async <T>(script: string): Promise<T> => (await page.evaluate(script)) as T;

  /** By name, with the first place of each. The protocol runs it, past the page's own policy. */
  const violations = async (): Promise<string[]> => {
    await inPage(AXE);
    const found = await inPage<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
    expect(found.passes.length).toBeGreaterThan(15);
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  };

  test.each(['light', 'dark'] as const)('is accessible in %s, wide and narrow', async (scheme) => {
    for (const width of [1280, 390]) {
      await open(scheme, width);
      expect([width, await violations()]).toEqual([width, []]);
    }
  });

  test('the check of that sees what is wrong', async () => {
    const bad = readFileSync(join(project.folder, 'page.html'), 'utf8')
      .replace('<html lang="en">', '<html>')
      .replace('role="img"', 'role="image-of-some-kind"');
    writeFileSync(join(project.folder, 'bad.html'), bad);
    await page.goto(url('bad.html'));
    const found = await violations();
    expect(found.map((text) => text.split(':')[0])).toEqual(expect.arrayContaining(['aria-roles', 'html-has-lang']));
    rmSync(join(project.folder, 'bad.html'));
  });

  test('asks for nothing but itself, says nothing, and runs nothing', async () => {
    await open('light', 1280);
    await page.waitForNetworkIdle();
    expect(seen).toEqual({ requests: [url()], said: [] });
    expect(await inPage<number>('document.scripts.length')).toBe(0);
    // The style counts only because the policy names its hash.
    expect(await inPage<string>('getComputedStyle(document.querySelector("table")).borderCollapse')).toBe('collapse');
    const ran = await inPage<number>(
      '(() => { const s = document.createElement("script"); s.textContent = "window.ran = 1"; document.body.append(s); return window.ran ?? 0; })()',
    );
    expect(ran).toBe(0);
  });

  test('nothing sticks out, however narrow', async () => {
    for (const width of [320, 390, 768, 1280]) {
      await open('light', width);
      expect(await inPage<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const wide = await inPage<string[]>(
        `[...document.querySelectorAll('td, tbody th, p, dd, pre, h1, h2, h3')]
          .filter((one) => one.getBoundingClientRect().right > ${width} || one.scrollWidth > one.clientWidth + 1)
          .map((one) => one.outerHTML.slice(0, 120))`,
      );
      expect([width, wide]).toEqual([width, []]);
    }
  });

  test('light and dark differ, and paper is light', async () => {
    const paper = () => inPage<string>('getComputedStyle(document.body).backgroundColor');
    await open('light', 1280);
    const light = await paper();
    await open('dark', 1280);
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.emulateMediaType('print');
    expect(await paper()).toBe('rgb(255, 255, 255)');
  });

  test('prints on A4 with nothing wider than the paper', async () => {
    await open('dark', 1280);
    const pdf = Buffer.from(await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString('latin1');
    const boxes = [...pdf.matchAll(/\/MediaBox \[([\d. ]+)\]/g)].map(([, box]) => box!.split(' ').map(Number));
    expect(boxes.length).toBeGreaterThan(3);
    for (const [, , width, height] of boxes) {
      expect(Math.abs(width! - 595)).toBeLessThan(2);
      expect(Math.abs(height! - 842)).toBeLessThan(2);
    }
    // What the paper leaves between its margins: 180 mm.
    await page.emulateMediaType('print');
    await page.setViewport({ width: 680, height: 900 });
    expect(await inPage<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(680);
  });

  test('has its parts: one heading of the first rank, landmarks, a picture with words for each secret, links that lead somewhere', async () => {
    await open('light', 1280);
    const parts = await inPage<Record<string, unknown>>(`({
      h1: document.querySelectorAll('h1').length,
      landmarks: ['header', 'main', 'footer'].map((name) => document.querySelectorAll('body > ' + name).length),
      pictures: [...document.querySelectorAll('svg[role=img]')].map((one) => one.getAttribute('aria-label').split(' from ')[0]),
      lost: [...document.querySelectorAll('a')].filter((one) => document.querySelector(one.getAttribute('href')) === null).length,
      headless: [...document.querySelectorAll('table')].filter((one) => !one.caption || one.querySelectorAll('th[scope=col]').length === 0).length,
    })`);
    expect(parts).toEqual({
      h1: 1,
      landmarks: [1, 1, 1],
      pictures: ['api_key', 'old_token', 'region', 'session_key'].map((base) => `Timeline of ${base}`),
      lost: 0,
      headless: 0,
    });
  });
});
