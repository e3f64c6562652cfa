/**
 * A text where the name of a file belongs: the content of a file was given in place of its name. It may be a key, so nothing of it is shown.
 */
export function isMisplacedText(name: string): boolean {
  return /[\r\n]|knox_key_\d/.test(name);
}

/** Whether a command is the text of a key file, which a shell would show in its complaint. */
export function isKeyText(command: string): boolean {
  return /^[ \t]*knox_key_\d/m.test(command);
}

/** A key of knox's that found its way into a message, from wherever: it is not shown. */
export function withoutKeys(message: string): string {
  return message.replace(/(knox_key_\d)[\w-]*/g, '$1_…');
}
