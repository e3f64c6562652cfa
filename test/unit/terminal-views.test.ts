import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { diffLines } from '../../src/domain/diff.ts';
import { STEP_TEXTS } from '../../src/domain/step-texts.ts';
import { ageBar } from '../../src/terminal/age-bar.ts';
import { renderDiff } from '../../src/terminal/diff-view.ts';
import { startLongWork } from '../../src/terminal/long-work.ts';
import { createProgress, type Schedule } from '../../src/terminal/progress.ts';
import { createStyle, plainStyle } from '../../src/terminal/style.ts';
import { renderTable, type TableContent } from '../../src/terminal/table.ts';
import { displayWidth } from '../../src/terminal/text-width.ts';
import { guideBlock, overview, progressBar, progressHeader, type Step } from '../../src/terminal/walk-view.ts';

const style = plainStyle('unicode');
const ascii = plainStyle('ascii');
const color = await createStyle({ colorLevel: 1, signs: 'unicode' });

function widest(text: string): number {
  return Math.max(...text.split('\n').map(displayWidth));
}

describe('table', () => {
  const content: TableContent = {
    head: ['NAME', 'NOTE', 'USES'],
    rows: [
      [{ text: 'stripe_api_key', tone: 'name' }, '支払い用の鍵', '3'],
      ['db', 'a\tb\nc\x1b[31m', '12'],
    ],
    align: ['left', 'left', 'right'],
  };

  test('on a terminal: aligned columns without borders', async () => {
    expect(await renderTable(content, { isTerminal: true, width: 80, style })).toBe(
      [
        'NAME            NOTE             USES',
        'stripe_api_key  支払い用の鍵        3',
        'db              a\\tb\\nc\\x1b[31m    12',
        '',
      ].join('\n'),
    );
  });

  test.each([80, 120, 40])('on a terminal of %i columns a long text goes on under itself, whole', async (width) => {
    const note = '鍵 note '.repeat(40).trim();
    const long = { head: ['NAME', 'NOTE', 'USES'], rows: [['short', note, '3']], prose: [1] };
    const text = await renderTable(long, { isTerminal: true, width, style: color });
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(widest(text)).toBeGreaterThan(width - 12);
    const lines = text.trimEnd().split('\n');
    expect(lines[1]).toMatch(/^short {2}鍵 note .* {2}3$/);
    for (const line of lines.slice(2)) expect(line).toMatch(/^ {7}\S/);
    const shown = lines.slice(1).map((line) => line.replace(/^short| {2}3$/g, '').trim());
    expect(shown.join(' ')).toBe(note);
  });

  const keys: TableContent = {
    head: ['Key', 'Id', 'Kind', 'Used'],
    rows: [
      [{ text: 'mine', tone: 'name' }, 'Vjz_tTdKbS0gb9tt', 'key-file', '2 days ago'],
      ['a build server', 'Sgcynt71pqgEX5AZ', '', 'never'],
    ],
    least: [2, 3],
  };

  test('with too little room, columns that can be missed go one by one, and no other is cut', async () => {
    const head = async (width: number) => (await renderTable(keys, { isTerminal: true, width, style })).split('\n')[0]!;
    expect(await head(60)).toMatch(/^Key +Id +Kind +Used$/);
    expect(await head(50)).toMatch(/^Key +Id +Used$/);
    expect(await head(34)).toMatch(/^Key +Id$/);
    for (const width of [60, 50, 34, 30, 20]) {
      const text = await renderTable(keys, { isTerminal: true, width, style });
      for (const word of ['mine', 'Vjz_tTdKbS0gb9tt', 'Sgcynt71pqgEX5AZ']) expect(text).toContain(word);
      expect(text).not.toContain('…');
    }
  });

  test('a few long names stand above their rows, and the others stay beside', async () => {
    const rows = ['one', 'two', 'three', 'a_very_long_name_of_a_secret'].map((name) => [name, 'staging', 'in 2 days']);
    const text = await renderTable({ head: ['Name', 'Where', 'Due'], rows }, { isTerminal: true, width: 40, style });
    expect(text).toBe(
      [
        'Name   Where    Due',
        'one    staging  in 2 days',
        'two    staging  in 2 days',
        'three  staging  in 2 days',
        'a_very_long_name_of_a_secret',
        '       staging  in 2 days',
        '',
      ].join('\n'),
    );
  });

  test('where not even names fit beside each other, each row is a block with all of it', async () => {
    expect(await renderTable(keys, { isTerminal: true, width: 24, style })).toBe(
      [
        'Key   mine',
        'Id    Vjz_tTdKbS0gb9tt',
        'Kind  key-file',
        'Used  2 days ago',
        '',
        'Key   a build server',
        'Id    Sgcynt71pqgEX5AZ',
        'Used  never',
        '',
      ].join('\n'),
    );
    const path = 'config/a/very/long/path/of/a/file.env';
    const text = await renderTable({ head: ['Route'], rows: [[path]] }, { isTerminal: true, width: 20, style });
    expect(text).toContain(path);
  });

  test('in a pipe: rows of cells between tabs, whole, without head or colour', async () => {
    expect(await renderTable(content, { isTerminal: false, width: 10, style: color })).toBe(
      'stripe_api_key\t支払い用の鍵\t3\ndb\ta\\tb\\nc\\x1b[31m\t12\n',
    );
  });

  test('no rows, no text', async () => {
    expect(await renderTable({ head: ['A'], rows: [] }, { isTerminal: true, width: 80, style })).toBe('');
  });
});

describe('diff', () => {
  const before = 'a\nb\nurl: {{secret:key}}/x\nc\nd\n';
  const after = 'a\nb\nurl: {{secret:key_v2}}/x\nc\nd\n';

  test('shows file, numbers, and lines that go and come', () => {
    const text = renderDiff(
      { path: 'conf/\u202eapp.yaml', environments: ['staging', 'production'], hunks: diffLines(before, after) },
      { width: 80, style },
    );
    expect(text).toBe(
      [
        'conf/\\u{202e}app.yaml  staging, production',
        '  1   a',
        '  2   b',
        '  3 - url: {{secret:key}}/x',
        '  3 + url: {{secret:key_v2}}/x',
        '  4   c',
        '  5   d',
        '',
      ].join('\n'),
    );
  });

  test('marks only what differs inside the line', () => {
    const text = renderDiff({ path: 'f', hunks: diffLines(before, after) }, { width: 80, style: color });
    expect(text).toContain(`${color.added('url: {{secret:key')}${color.addedPart('_v2')}${color.added('}}/x')}`);
    expect(text).toContain(color.removed('url: {{secret:key'));
  });

  test.each([80, 120])('a long line is cut to %i columns around its change', (width) => {
    const lead = '鍵a'.repeat(100);
    const text = renderDiff(
      { path: 'f', hunks: diffLines(`${lead}{{secret:k}}${lead}\n`, `${lead}{{secret:k_v2}}${lead}\n`) },
      { width, style: color },
    );
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(text).toContain(color.addedPart('_v2'));
  });

  test('a missing last newline is said, CRLF is not noise, control characters are escaped', () => {
    const text = renderDiff(
      { path: 'f', hunks: diffLines('k: old\r\nt\x1b[2J\r\n', 'k: new\r\nt\x1b[2J') },
      { width: 80, style },
    );
    expect(text).toContain('k: new\n');
    expect(text).toContain('\\x1b[2J');
    expect(text).toContain('(no newline at the end of the file)');
    expect(text).not.toContain('\x1b');
  });
});

describe('the guide', () => {
  const ids = Object.keys(STEP_TEXTS) as (keyof typeof STEP_TEXTS)[];
  const steps: Step[] = ids.map((id, index) => ({
    number: index + 1,
    total: ids.length,
    id,
    title: STEP_TEXTS[id].title,
    state: index < 3 ? 'done' : index === 3 ? 'current' : 'todo',
    detail: index === 3 ? 'config/staging.yaml is about to be rewritten, which needs a yes from somebody here' : null,
  }));
  const states = steps.map((step) => step.state);

  test('the eleven steps, each told in full sentences', () => {
    expect(ids).toEqual([
      'document',
      'generate',
      'create',
      'update-staging',
      'test-staging',
      'update-production',
      'monitor',
      'verify',
      'delete-old',
      'update-docs',
      'schedule-next',
    ]);
    for (const { title, does, why, undo } of Object.values(STEP_TEXTS)) {
      expect(title.length).toBeLessThan(36);
      expect([does, why, undo].every((sentence) => /^[A-Z`k].*[.`]\.?$/.test(sentence))).toBe(true);
    }
  });

  test('header and bar', () => {
    expect(progressHeader({ number: 4, title: 'Update staging', states }, { width: 80, style })).toBe(
      'Step 4 of 11 · Update staging   ●●●◉○○○○○○○',
    );
    expect(progressHeader({ number: 4, title: 'Update staging', states }, { width: 40, style: ascii })).toBe(
      'Step 4 of 11 - Update staging\n###>.......',
    );
    expect(progressBar(['skipped', 'failed', 'waiting', 'todo'], style)).toBe('●✘◉○');
  });

  test('a step, its detail beside it', () => {
    expect(overview([{ ...steps[1]!, detail: 'by \x07ana' }], { width: 80, style })).toBe(
      '  ✔  2  Get the new values   by \\x07ana',
    );
  });

  test.each([80, 120])('overview in %i columns', (width) => {
    const text = overview(steps, { width, style: color });
    expect(text.split('\n').length).toBeGreaterThanOrEqual(11);
    expect(widest(text)).toBeLessThanOrEqual(width);
    for (const { title } of steps) {
      expect(text).toContain(title);
    }
  });

  test.each([40, 80, 120])('what, why, how to leave, how to undo, in %i columns', (width) => {
    const guide = {
      does: STEP_TEXTS.generate.does,
      why: STEP_TEXTS.generate.why,
      needs: 'A new key for staging. Make it at https://dashboard.example.com/apikeys and paste it here.',
      leave: 'Ctrl-C leaves; `knox rotate stripe_api_key` goes on from here, tomorrow too.',
      undo: STEP_TEXTS.generate.undo,
    };
    const text = guideBlock(guide, { width, style });
    expect(widest(text)).toBeLessThanOrEqual(width);
    const flat = text.replaceAll(/\s+/g, ' ');
    for (const part of [
      'What happens here',
      'What knox needs from you A new key',
      'Why',
      'How to leave and come back',
    ]) {
      expect(flat).toContain(part);
    }
    expect(flat).toContain('How to undo Nothing in use');
    expect(flat).toContain('`knox rotate stripe_api_key`');
    // A command broken over two lines keeps its colour on both, and loses its backticks.
    const colored = guideBlock(guide, { width, style: color });
    expect(colored).not.toContain('`');
    expect(colored).toContain('\x1b[36mknox');
    expect(guideBlock({ why: 'Because.' }, { width, style })).not.toContain('undo');
  });
});

describe('progress', () => {
  function start(isTerminal: boolean): {
    written: string[];
    fire: () => void;
    pass: (ms: number) => void;
    line: ReturnType<typeof createProgress>;
  } {
    let now = 5000;
    const written: string[] = [];
    let run: (() => void) | null = null;
    const schedule: Schedule = (callback, ms) => {
      expect(ms).toBe(1000);
      run = callback;
      return () => {
        run = null;
      };
    };
    const output = { write: (text: string) => written.push(text) };
    const line = createProgress({ output, isTerminal, columns: () => 20, style, schedule, clock: () => now });
    const pass = (ms: number): void => {
      now += ms;
    };
    return { written, line, pass, fire: () => run?.() };
  }

  test('says nothing of what is done within a second', () => {
    const { written, line, fire } = start(true);
    line.update('probing');
    line.done();
    fire();
    expect(written).toEqual([]);
  });

  test('appears after a second, on one line, and goes', () => {
    const { written, line, fire, pass } = start(true);
    line.update('probing');
    pass(1000);
    fire();
    pass(100);
    line.update('probing \x1bhttps://example.com');
    line.done();
    line.done();
    line.update('late');
    expect(written).toEqual(['\rprobing\x1b[K', '\rprobing \\x1bhttps:…\x1b[K', '\r\x1b[K']);
  });

  test('appears also where the work leaves no room for a timer, and is drawn ten times a second at most', () => {
    const { written, line, pass } = start(true);
    for (const [text, ms] of [
      ['a', 900],
      ['b', 99],
      ['c', 1],
      ['d', 99],
      ['e', 1],
    ] as const) {
      pass(ms);
      line.update(text);
    }
    line.done();
    expect(written).toEqual(['\rc\x1b[K', '\re\x1b[K', '\r\x1b[K']);
  });

  test('writes nothing into a pipe', () => {
    const { written, line, fire, pass } = start(false);
    pass(2000);
    line.update('probing');
    fire();
    line.done();
    expect(written).toEqual([]);
  });
});

describe('long work', () => {
  function start() {
    const said: string[] = [];
    const signals = new EventEmitter();
    let now = 0;
    const progress = { update: (text: string) => said.push(text), done: () => said.push('done') };
    const work = startLongWork(progress, signals, 'nothing was done', () => now);
    const pass = (ms: number): void => {
      now += ms;
    };
    return { said, signals, work, pass };
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it at the next step', async (signal) => {
    const { said, signals, work } = start();
    await work.step('one');
    signals.emit(signal);
    await expect(work.step('two')).rejects.toMatchObject({ code: 'cancelled', message: 'cancelled; nothing was done' });
    work.done();
    expect(said).toEqual(['one', 'two', 'done']);
    expect(signals.listenerCount(signal)).toBe(0);
  });

  test('pauses now and then, so that a signal or a timer gets its turn', async () => {
    const { signals, work, pass } = start();
    setImmediate(() => signals.emit('SIGINT'));
    await work.step('no pause yet');
    await work.step('nor here');
    pass(50);
    await expect(work.step('here')).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('text that is read out', () => {
  const words = plainStyle('words');

  test('has no pictures made of signs, and words for states', () => {
    expect(
      ageBar('2026-01-01T00:00:00.000Z', '2026-01-31T00:00:00.000Z', new Date('2026-01-11T00:00:00Z'), words),
    ).toBe('');
    const states = ['done', 'current', 'todo'] as const;
    expect(progressHeader({ number: 2, title: 'Get the new values', states }, { width: 80, style: words })).toBe(
      'Step 2 of 3 - Get the new values',
    );
    const steps = states.map((state, index) => ({ number: index + 1, total: 3, id: state, title: 'T', state }));
    expect(overview(steps, { width: 80, style: words })).toBe('  done:    1  T\n  now:     2  T\n  to do:   3  T');
  });

  test('says once what takes long, as a line that stays', () => {
    const written: string[] = [];
    const output = { write: (text: string) => written.push(text) };
    let run = (): void => undefined;
    const schedule: Schedule = (callback) => {
      run = callback;
      return () => undefined;
    };
    const line = createProgress({
      output,
      isTerminal: true,
      columns: () => 20,
      style: words,
      schedule,
      clock: () => 0,
    });
    run();
    expect(written).toEqual([]);
    line.update('searching the first of many files');
    run();
    line.update('searching the second');
    run();
    line.done();
    expect(written).toEqual(['searching the first of many files\n']);
  });
});
