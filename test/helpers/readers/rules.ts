/** Readers by the rules of a manual, for what is not on the machine or cannot be asked. */
import { inProcess } from './reader.ts';

/** `EnvironmentFile=`, as systemd.exec(5) tells it. */
export const SYSTEMD_RULES = inProcess('the rules of systemd.exec(5)', (text) => {
  const variables: Record<string, string> = {};
  const pattern =
    /[ \t]*(?:[#;](?:\\[^]|[^\n\\])*|([A-Za-z_]\w*)=(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|((?:\\[^]|[^\n\\])*))([^\n]*)|)(?:\n|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw new Error('not an environment file');
    const [, name, double, single, bare, rest] = match;
    if (name === undefined) continue;
    if (rest!.trim() !== '') throw new Error(`more after the closing quote: ${rest}`);
    variables[name] =
      double?.replace(/\\(?:\n|(["\\`$]))/g, (_, one: string | undefined) => one ?? '') ??
      single ??
      bare!.replace(/\\(?:\n|([^]))/g, (_, one: string | undefined) => one ?? '').trim();
  }
  return variables;
});

/** `docker run --env-file`: a line a variable, nothing is quoted or escaped. */
export const DOCKER_RULES = inProcess('the rules of Docker', (text) =>
  Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.replace(/\r$/, '').trimStart())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  ),
);

/** `Properties.load`, as its documentation tells it. */
export const PROPERTIES_RULES = inProcess('the rules of java.util.Properties', (text) => {
  const variables: Record<string, string> = {};
  const lines: string[] = [];
  let open = '';
  for (const line of text.split(/\r\n|[\r\n]/)) {
    const content = line.replace(/^[ \t\f]+/, '');
    if (open === '' && /^(?:[#!]|$)/.test(content)) continue;
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(content)) {
      open += content.slice(0, -1);
      continue;
    }
    lines.push(open + content);
    open = '';
  }
  const unescape = (written: string): string =>
    written.replace(/\\(?:u([0-9A-Fa-f]{4})|([^]))/g, (_, code: string | undefined, one: string) =>
      code === undefined
        ? ({ n: '\n', r: '\r', t: '\t', f: '\f' }[one] ?? one)
        : String.fromCharCode(parseInt(code, 16)),
    );
  for (const line of lines) {
    const match = /^((?:\\[^]|[^\\=: \t\f])*)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+|$)([^]*)$/.exec(line)!;
    variables[unescape(match[1]!)] = unescape(match[2]!);
  }
  return variables;
});

/** Directives as nginx takes them apart: words, quotes of both kinds, backslashes, comments; the words of each by the first of them. */
export const NGINX_RULES = inProcess("the rules of nginx's conf", (text) => {
  const directives: Record<string, string[]> = {};
  let words: string[] = [];
  const pattern =
    /\s+|#[^\n]*|(;)|"((?:\\[^]|[^"\\])*)"(?=[\s;])|'((?:\\[^]|[^'\\])*)'(?=[\s;])|((?:\\[^]|[^\s;{\\"'#])(?:\\[^]|[^\s;{\\])*)/y;
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw new Error(`no word at ${at}`);
    const [, end, double, single, bare] = match;
    const word = double ?? single ?? bare;
    if (word !== undefined) {
      if (word.includes('$')) throw new Error('a variable');
      words.push(word.replace(/\\(["'\\trn])/g, (_, one: string) => ({ t: '\t', r: '\r', n: '\n' })[one] ?? one));
    } else if (end !== undefined) {
      directives[words[0]!] = words.slice(1);
      words = [];
    }
  }
  if (words.length > 0) throw new Error('no ; at the end');
  return directives;
});
