/** `knox render`: config files with their values filled in, all of them or none. Every problem of every file is told in one go. */
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { realpathSync } from 'node:fs';
import type { Run } from '../../command-line/command.ts';
import type { Context } from '../../context.ts';
import type { Guards } from '../../domain/guards.ts';
import { reveal, revealText } from '../../domain/plaintext.ts';
import { printable, printableLines } from '../../domain/printable.ts';
import { errors, isKnoxError } from '../../errors.ts';
import { pathInRoot, placeWithin } from '../../files/root-file.ts';
import { requireTarget, writeAllAtomically } from '../../files/write-file.ts';
import type { View as Shown } from '../../output/view.ts';
import { RouteFiles } from '../../routes/route-records.ts';
import { problemsError, told } from '../../routes/problems.ts';
import type { PlacedProblem } from '../../routes/problems.ts';
import { renderBytes, SharedAnswers } from '../../routes/render-route.ts';
import type { RenderedRoute } from '../../routes/render-route.ts';
import { formatFor, parseFormatName, parseTemplate } from '../../templates/template.ts';
import type { FormatName } from '../../templates/template.ts';
import type { LongWork } from '../../terminal/long-work.ts';
import { heldNames } from '../../vault/secrets/held-references.ts';
import type { Use } from '../../vault/uses/record-use.ts';
import type { View } from '../../vault/core/view.ts';
import { askEnvironment } from '../common/ask-name.ts';
import { useValues } from '../common/use-values.ts';
import type { Render } from './declared.ts';

const STDIN = '-';
const DEFAULT_MODE = 0o600;

/** One input, read before anything else. */
interface Input {
  /** As it was given. */
  readonly file: string;
  /** Relative to the root, where it lies there. */
  readonly path: string | null;
  readonly bytes: Buffer;
  /** Where it goes; null for stdout. */
  readonly target: string | null;
}

export const render: Run<Render> = async (context, given) => {
  const environment = await askEnvironment(context, given.env, `knox render ${given.files[0]} -e ENV`);
  const { format, mode } = given;
  const guards = context.guards();
  const inputs = await readInputs(context, given);
  const { root, project } = await context.place();
  const vault = await context.vault('key');
  const isWriting = inputs.some(({ target }) => target !== null);
  if (isWriting) vault.requireTrust();
  const work = async (view: View, step: LongWork['step']) => {
    view.requireEnvironment(environment);
    vault.requireKeys();
    view.ring?.realmKey(environment);
    const problems: PlacedProblem[] = [];
    const rendered: RenderedRoute[] = [];
    const uses: Use[] = [];
    const shared = new SharedAnswers();
    const routes = await RouteFiles.of(view, root, project, environment);
    for (const [index, input] of inputs.entries()) {
      await step(`Rendering: ${index} of ${inputs.length} files`);
      const path = input.path === null ? null : routes.nameOf(input.path);
      const known = path === null ? null : routes.find(path, environment);
      const result = await renderBytes(view, {
        bytes: input.bytes,
        format: format ?? formatOfInput(input, known?.format ?? null),
        environment,
        place: path === null ? null : { project, path },
        file: input.file,
        guards,
        shared,
      });
      if (given.strict) problems.push(...strictProblems(input, known?.names ?? null, guards));
      if ('problems' in result) problems.push(...result.problems);
      else {
        rendered.push(result);
        const own = input.file === STDIN ? {} : { consumer: path ?? input.file };
        uses.push(...result.uses.map((use) => ({ ...use, ...own })));
      }
    }
    if (problems.length > 0) throw problemsError(problems, environment, 'nothing was written');
    return { rendered, uses };
  };
  return context.longWork('nothing was written', async (step) => {
    if (given.check) {
      await vault.read((view) => work(view, step));
      return { json: inputs.map(({ file }) => ({ file, environment })) };
    }
    const { rendered } = await useValues(context, vault, { consumer: 'render', log: given.useLog }, (view) =>
      work(view, step),
    );
    for (const note of new Set(rendered.flatMap(({ notes }) => notes))) context.say(`note: ${note}`);
    return isWriting
      ? writeAll(inputs, rendered, mode ?? DEFAULT_MODE, step)
      : print(context, inputs[0]!, rendered[0]!, given);
  });
};

async function writeAll(
  inputs: readonly Input[],
  rendered: readonly RenderedRoute[],
  mode: number,
  step: LongWork['step'],
): Promise<Shown> {
  const files = inputs.map(({ target }, index) => ({ path: target!, bytes: reveal(rendered[index]!.output) }));
  await writeAllAtomically(files, {
    mode,
    step: (written) => step(`Writing: ${written} of ${files.length} files`),
  });
  return {
    json: inputs.map(({ file, target }) => ({ file, written: target })),
    text: files.map(({ path }) => `Wrote ${printable(path)}`).join('\n'),
  };
}

function print(
  context: Context,
  { file }: Input,
  { output, shown }: RenderedRoute,
  { reveal: isRevealed }: Render,
): Shown {
  const text = revealText(output);
  const encoded = text ?? Buffer.from(reveal(output)).toString('base64');
  const json = [{ file, output: encoded, encoding: text === null ? 'base64' : 'utf8' }];
  if (context.io.stdout.isTTY !== true) return { json, bytes: reveal(output) };
  if (isRevealed) return { json, text: printableLines(text ?? encoded).replace(/\n$/, '') };
  context.say('note: values are hidden on a terminal; --reveal shows them, and a pipe gets them');
  return { json, text: printableLines(Buffer.from(shown()).toString('utf8')).replace(/\n$/, '') };
}

async function readInputs(context: Context, { files: args, output, outDir: folder }: Render): Promise<Input[]> {
  if (output === STDIN) throw errors.usage('-o needs a file', 'drop it for stdout, or use ./- for a file called -');
  if (args.length > 1 && folder === null)
    throw errors.usage('several files need an output folder', 'add --out-dir FOLDER');
  if (new Set(args).size !== args.length) throw errors.usage('a file is given twice', 'give each one once');
  const { root } = await context.place();
  const isElsewhere = folder !== null && pathInRoot(root, context.io.cwd, folder) === null;
  const bounds = isElsewhere ? [root, resolve(context.io.cwd, folder)] : [root];
  const inputs: Input[] = [];
  for (const file of args) {
    const bytes = file === STDIN ? await context.readStdin() : await context.readFile(file);
    const given = output === null ? targetIn(context, folder, file) : resolve(context.io.cwd, output);
    const target = given === null ? null : placeWithin(bounds, given);
    inputs.push({ file, path: file === STDIN ? null : pathInRoot(root, context.io.cwd, file), bytes, target });
  }
  // Before anything is given out: of several files none is written where one cannot be.
  for (const { target } of inputs) if (target !== null) requireTarget(target);
  refuseOverwrite(context.io.cwd, inputs);
  return inputs;
}

/** A file keeps its path under the folder; one from elsewhere would land outside of it. */
function targetIn(context: Context, folder: string | null, file: string): string | null {
  if (folder === null) return null;
  if (file === STDIN) throw errors.usage('stdin cannot be written to --out-dir: it has no name', 'use -o FILE');
  const path = relative(context.io.cwd, resolve(context.io.cwd, file));
  if (path.startsWith(`..${sep}`) || isAbsolute(path))
    throw errors.usage(
      `${printable(file)} is outside the working directory and cannot be written to --out-dir`,
      'use -o FILE',
    );
  return join(resolve(context.io.cwd, folder), path);
}

/** No template is overwritten, neither by what it renders to nor by another's. @throws usage */
function refuseOverwrite(cwd: string, inputs: readonly Input[]): void {
  const real = (path: string): string => {
    try {
      return realpathSync(path);
    } catch {
      return path;
    }
  };
  const targets = new Set(inputs.flatMap(({ target }) => (target === null ? [] : [real(target)])));
  for (const { file } of inputs)
    if (file !== STDIN && targets.has(real(resolve(cwd, file))))
      throw errors.usage(`${printable(file)} would be overwritten by its own output`, 'use another target');
}

function formatOfInput({ file, target }: Input, registered: string | null): FormatName {
  if (registered !== null) return parseFormatName(registered);
  return formatFor(file === STDIN ? null : file, target);
}

/** @param names that the route held when it was registered, or null where it is none */
function strictProblems({ file, bytes }: Input, names: readonly string[] | null, guards: Guards): PlacedProblem[] {
  const known = new Set(names === null ? [] : heldNames({ names }));
  return placeholdersIn(bytes).flatMap(({ name, line, column }) => {
    if (known.has(name)) return [];
    const message =
      names === null
        ? `${name} is used in a file that is not registered`
        : `${name} was added after the route was registered`;
    try {
      guards.refuse('untested', () => errors.untested(message));
      return [];
    } catch (error) {
      if (!isKnoxError(error)) throw error;
      return [{ file, line, column, ...told(error) }];
    }
  });
}

/** None in what is not text: rendering says so. */
function placeholdersIn(bytes: Buffer) {
  try {
    return parseTemplate(bytes).placeholders;
  } catch (error) {
    if (isKnoxError(error)) return [];
    throw error;
  }
}
