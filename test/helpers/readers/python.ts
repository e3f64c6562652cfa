/** Readers that come with Python, and PyYAML: one process a batch. */
import { execFileSync } from 'node:child_process';
import type { ProgramName } from '../../../scripts/test-programs.js';
import { pythonWith } from '../programs.ts';
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

const MODULES = {
  json: 'json',
  yaml: 'yaml',
  libyaml: 'yaml.cyaml',
  toml: 'tomllib',
  xml: 'xml.etree.ElementTree',
  ini: 'configparser',
} as const;
type Kind = keyof typeof MODULES;

/** Reads documents with python's parser of that kind. */
export function readWithPython(kind: Kind, documents: readonly string[]): ReadBack[] {
  const input = JSON.stringify([kind, documents]);
  const output = execFileSync(pythonWith(MODULES[kind])!, ['-c', PROGRAM], {
    input,
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  return (JSON.parse(output) as { value?: string; error?: string }[]).map((result) =>
    result.value === undefined ? { error: result.error! } : { value: JSON.parse(result.value) as unknown },
  );
}

function python(name: string, kind: Kind, program: ProgramName = 'python3'): Reader {
  return {
    name,
    missing: needs(program),
    read: async (documents) =>
      readWithPython(
        kind,
        documents.map(({ text }) => text),
      ),
  };
}

export const PYTHON_JSON = python("Python's json", 'json');
export const PYYAML = python('PyYAML', 'yaml', 'python3-yaml');
export const LIBYAML = python('libyaml', 'libyaml', 'python3-yaml');
export const TOMLLIB = python('tomllib', 'toml');
export const EXPAT = python('expat', 'xml');
export const CONFIGPARSER = python('configparser', 'ini');
