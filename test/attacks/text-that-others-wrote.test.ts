/**
 * Whoever may write a note, a reason or a template puts signs into it that mean something to a terminal, a chat service or a parser: he wants
 * the screen changed, everybody called, or knox busy for ever.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { csvText } from '../../src/evidence/csv.ts';
import type { Evidence } from '../../src/evidence/types.ts';
import { deliver } from '../../src/notices/deliver.ts';
import { Plaintext } from '../../src/domain/plaintext.ts';
import { parseTemplate, renderTemplate } from '../../src/templates/template.ts';
import { makeProject, must } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

describe('the report as CSV', () => {
  let project: Project;
  beforeEach(async () => {
    project = await makeProject();
  });
  afterEach(() => project.remove());

  test('holds no sign that a terminal acts on', async () => {
    const owner = 'a\u001B]0;title\u0007\u001B[2J\u202Eb\tc';
    await must(project.knox(['set', 'api_key', '--owner', owner]));
    await must(
      project.knox([
        'delete',
        'api_key',
        '-e',
        'staging',
        '--yes',
        '--force',
        'still_used',
        '--reason',
        '\u001B[31m\u0007x',
      ]),
    );
    const found = (await project.json<Evidence>(['evidence'])).json;
    expect(found.secrets[0]!.owner).toBe(owner);
    const text = csvText(found);
    expect(text).toContain(String.raw`a\x1b]0;title\x07\x1b[2J\u{202e}b`);
    expect(text.replaceAll(/[\r\n\t]/g, '')).not.toMatch(/[\p{Cc}\u202E]/u);
  });
});

test.each([
  ['<!channel> look', '< !channel> look'],
  ['<!here|here> <@U1> <#C1>', '< !here|here> < @U1> < #C1>'],
  ['<https://evil.example|https://good.example>', '< https://evil.example|https://good.example>'],
  ['@channel @here @All @everyone a@allb', '@ channel @ here @ All @ everyone a@allb'],
  ['a\u001B[2Jb\u202Ec', String.raw`a\x1b[2Jb\u{202e}c`],
  ['api_key -> api_key_v2 (a < b)', 'api_key -> api_key_v2 (a < b)'],
])('of a notice, %j calls nobody', async (text, sent) => {
  const bodies: string[] = [];
  const fetch = (async (_url: string, { body }: { body: string }) => {
    bodies.push(body);
    return new Response(null, { status: 200 });
  }) as unknown as typeof globalThis.fetch;
  const to = { kind: 'webhook' as const, url: 'https://chat.example/hook' };
  const services = { root: '/', fetch, environment: {}, signals: null, sleep: async () => undefined };
  await deliver([{ name: 'x', to, notices: [{ event: 'incident', text }] }], services);
  expect(JSON.parse(bodies[0]!)).toEqual({ event: 'incident', text: sent });
});

// Whatever looks through the rest of the text for each of them would not be done before the test has no more time.
const MANY = 600_000;
describe('a template of many placeholders that have no end', () => {
  test.each(['{{secret:', '{{secret:a|', '{{secret:a}', '{{ secret : '])('%j is read once', (opening) => {
    expect(parseTemplate(Buffer.from(opening.repeat(MANY))).problems).toHaveLength(MANY);
    const closed = parseTemplate(Buffer.from(`${opening.repeat(MANY)}b}}`));
    expect(closed.problems.length + closed.placeholders.length).toBe(MANY);
  });

  test('and so is a name with many blanks in it', () => {
    expect(parseTemplate(Buffer.from(`{{secret:a${' '.repeat(2 * MANY)}b}}`)).problems).toHaveLength(1);
  });

  test.each(['text', 'jsonc', 'yaml'] as const)('or is rendered as %s', (format) => {
    const template = parseTemplate(Buffer.from('{{secret:'.repeat(MANY)));
    const result = renderTemplate(template, format, () => Plaintext.fromText('x'));
    expect('problems' in result && result.problems.length).toBeGreaterThan(0);
  });
});
