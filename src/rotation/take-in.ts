/**
 * Taking a file of the project in: the old value in it makes room for the placeholder, and the file is registered, so that the rotation
 * rewrites it. Only where the file then renders to what it said; else it is left as it was.
 */
import { Guards } from '../domain/guards.ts';
import { isKnoxError } from '../errors.ts';
import { readRootFile, replaceRootFile } from '../files/root-file.ts';
import { BARE_ROUTE, checkRoute, putRoute } from '../routes/register.ts';
import type { RouteSettings } from '../routes/register.ts';
import { renderBytes } from '../routes/render-route.ts';
import { reveal } from '../domain/plaintext.ts';
import { printable } from '../domain/printable.ts';
import { formatOf } from '../templates/template.ts';
import type { Leftover } from './leftovers.ts';
import { oldPlaintexts } from './old-values.ts';
import type { Work } from './types.ts';

/** @returns whether it was taken in; why not was said */
export async function takeIn(work: Work, leftover: Leftover, environment: string): Promise<boolean> {
  const { guide, root } = work;
  const { path } = leftover;
  let before: Uint8Array | null = null;
  try {
    if (leftover.kind === 'value') before = await replaceValue(work, leftover, environment);
    if (leftover.kind === 'value' && before === null) {
      guide.warn('not_taken_in', `${printable(path)} would not read the same with a placeholder: it was not changed`);
      return false;
    }
    await register(work, path, environment);
    return true;
  } catch (error) {
    // Half of it is worse than nothing: what reads the file would get a placeholder that nobody fills.
    if (before !== null) replaceRootFile(readRootFile(root, path), before);
    if (!isKnoxError(error)) throw error;
    guide.warn('not_taken_in', `${printable(path)} was not registered: ${error.message}`);
    return false;
  }

  async function register({ vault, project }: Work, name: string, place: string): Promise<void> {
    const settings: RouteSettings = { ...BARE_ROUTE, project, path: name };
    const checked = await vault.read((view) => checkRoute(view, root, place, settings));
    await vault.change(async (change) => {
      await putRoute(change, checked);
      change.log({ action: 'route-add', route: name, detail: { environments: [place], routes: [name] } });
    });
  }
}

/** Every place in the file where it stands as it is. @returns what the file held; null where it was left alone */
async function replaceValue(work: Work, { path, secret }: Leftover, environment: string): Promise<Uint8Array | null> {
  const { vault, root } = work;
  const old = (await oldPlaintexts(work)).find(
    (one) => one.secret.from === secret && one.environments.includes(environment),
  );
  if (old === undefined || secret === null) return null;
  const value = old.bytes.toString('latin1');
  const file = readRootFile(root, path);
  const text = file.bytes.toString('latin1');
  // A text that is a placeholder already is not a place for another one.
  const after = Buffer.from(
    text.replaceAll(value, () => `{{secret:${secret}}}`),
    'latin1',
  );
  const request = { bytes: after, format: formatOf(path), environment, place: null, file: path, guards: new Guards() };
  const rendered = await vault.read((view) => renderBytes(view, request));
  if ('problems' in rendered) return null;
  const output = Buffer.from(reveal(rendered.output)).toString('latin1');
  rendered.output.wipe();
  if (after.equals(file.bytes) || unquoted(output, value) !== unquoted(text, value)) return null;
  replaceRootFile(file, after);
  return file.bytes;
}

/** A format may put quotes around what it fills in, which its readers take away again. */
function unquoted(text: string, value: string): string {
  return text.replaceAll(`'${value}'`, () => value).replaceAll(`"${value}"`, () => value);
}
