/** Readers that come with Python, and PyYAML: one process a batch. */
import { execFileSync, spawnSync } from 'node:child_process';
import { needs } from './reader.ts';
import type { ReadBack, Reader } from './reader.ts';

const PROGRAM = `
import json, sys
kind, documents = json.load(sys.stdin)
def read(text):
    if kind == 'json':
        return json.loads(text)
    if kind == 'yaml':
        import yaml
        return yaml.load(text, yaml.SafeLoader)
    if kind == 'libyaml':
        import yaml
        return yaml.load(text, yaml.CSafeLoader)
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

type Kind = 'json' | 'yaml' | 'libyaml' | 'toml' | 'xml' | 'ini';

/** Reads documents with python's parser of that kind. */
export function readWithPython(kind: Kind, documents: readonly string[]): ReadBack[] {
  const input = JSON.stringify([kind, documents]);
  const output = execFileSync('python3', ['-c', PROGRAM], { input, encoding: 'utf8', maxBuffer: 256 << 20 });
  return (JSON.parse(output) as { value?: string; error?: string }[]).map((result) =>
    result.value === undefined ? { error: result.error! } : { value: JSON.parse(result.value) as unknown },
  );
}

/** Whether this machine's python has the module. */
export function hasPython(module: string): boolean {
  return spawnSync('python3', ['-c', `import ${module}`]).status === 0;
}

function python(name: string, kind: Kind, module: string): Reader {
  return {
    name,
    missing: needs(`python3 with ${module}`, () => hasPython(module)),
    read: async (documents) =>
      readWithPython(
        kind,
        documents.map(({ text }) => text),
      ),
  };
}

export const PYTHON_JSON = python("Python's json", 'json', 'json');
export const PYYAML = python('PyYAML', 'yaml', 'yaml');
export const LIBYAML = python('libyaml', 'libyaml', 'yaml.cyaml');
export const TOMLLIB = python('tomllib', 'toml', 'tomllib');
export const EXPAT = python('expat', 'xml', 'xml.etree.ElementTree');
export const CONFIGPARSER = python('configparser', 'ini', 'configparser');
