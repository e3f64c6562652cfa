/** JSON.parse takes the last of two values for a name without a word; the yaml package, which reads JSON too, does not. */

/** @param text one JSON document @returns whether an object of it has two values for one name */
export async function hasRepeatedNames(text: string): Promise<boolean> {
  const { parseDocument } = await import('yaml');
  const { errors } = parseDocument(text, { schema: 'json', prettyErrors: false });
  return errors.some(({ code }) => code === 'DUPLICATE_KEY');
}
