/**
 * The readers that rendered files are read back with: PyYAML and tomllib through one python process a batch, `sh`,
 * Node's own parser of env files, and the grammar of the dotenv package (its line pattern, in full).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { parseEnv } from 'node:util';

const PYTHON = `
import json, sys
kind, documents = json.load(sys.stdin)
def read(text):
    if kind == 'yaml':
        import yaml
        return yaml.safe_load(text)
    if kind == 'toml':
        import tomllib
        return tomllib.loads(text)
    if kind == 'ini':
        import configparser
        parser = configparser.RawConfigParser()
        parser.read_string(text)
        return {section: dict(parser[section]) for section in parser.sections()}
    import xml.etree.ElementTree as tree
    def node(element):
        return {'attributes': element.attrib, 'text': element.text, 'children': [node(child) for child in element]}
    return node(tree.fromstring(text))
results = []
for document in documents:
    try:
        results.append({'value': json.dumps(read(document))})
    except Exception as error:
        results.append({'error': str(error)})
json.dump(results, sys.stdout)
`;

export type ReadBack = { readonly value: unknown } | { readonly error: string };

/** Reads documents with python's parser of that kind. */
export function readWithPython(kind: 'yaml' | 'toml' | 'xml' | 'ini', documents: readonly string[]): ReadBack[] {
  const input = JSON.stringify([kind, documents]);
  const output = execFileSync('python3', ['-c', PYTHON], { input, encoding: 'utf8', maxBuffer: 64 << 20 });
  return (JSON.parse(output) as { value?: string; error?: string }[]).map((result) =>
    result.value === undefined ? { error: result.error! } : { value: JSON.parse(result.value) as unknown },
  );
}

/** Whether this machine's python has the module. */
export function hasPython(module: string): boolean {
  return spawnSync('python3', ['-c', `import ${module}`]).status === 0;
}

const DOTENV_LINE =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?(?:$|$)/gm;

/** As the dotenv package reads a file. */
export function readAsDotenv(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const match of text.replace(/\r\n?/gm, '\n').matchAll(DOTENV_LINE)) {
    const written = (match[2] ?? '').trim();
    const value = written.replace(/^(['"`])([\s\S]*)\1$/gm, '$2');
    variables[match[1]!] = written.startsWith('"') ? value.replace(/\\n/g, '\n').replace(/\\r/g, '\r') : value;
  }
  return variables;
}

/** As Node reads a file given to `--env-file`. */
export function readAsNode(text: string): Record<string, string> {
  return { ...(parseEnv(text) as Record<string, string>) };
}

/** As `sh` reads a file that it sources; only the variables asked for. Throws where `sh` says anything on stderr. */
export function readAsShell(text: string, names: readonly string[]): Record<string, string> {
  const script = `${text}\nprintf '%s\\0' ${names.map((name) => `"$${name}"`).join(' ')}\n`;
  const result = spawnSync('sh', ['-s'], { input: script, env: {}, encoding: 'utf8' });
  if (result.status !== 0 || result.stderr !== '') {
    throw new Error(`sh: ${result.stderr}`);
  }
  const values = result.stdout.split('\0');
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}
