/** `knox completion`: what is offered where, and that the real shells take it, without a key and whatever the names are. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installKnox, runBuiltSync } from '../helpers/built-program.ts';
import { testNeeding } from '../helpers/needing.ts';
import { openProjectVault } from '../helpers/open-project-vault.ts';
import { makeProject, must, NEW } from '../helpers/rotation-project.ts';
import type { Project } from '../helpers/rotation-project.ts';

let project: Project;
beforeAll(async () => {
  project = await makeProject();
  await must(project.knox(['add', 'stripe_key', '-e', 'staging', '--note', 'for\tpayments'], 'a-stripe-value'));
  project.write('config/app.yaml', 'key: "{{secret:api_key}}"\n');
  await must(project.knox(['route', 'add', 'config/app.yaml', '-e', 'staging']));
  await must(
    project.knox([
      'route',
      'add',
      '@ci',
      '--template',
      '{{secret:api_key}}',
      '-e',
      'staging',
      '--deploy-command',
      'cat',
    ]),
  );
  await project.knox(['rotate', 'api_key', '--values-stdin', '--until', 'create'], JSON.stringify(NEW));
  mkdirSync(join(project.folder, 'bin'));
  installKnox(join(project.folder, 'bin'));
});
afterAll(() => project.remove());

/** Without a key: completing needs none. */
const env = () => ({
  PATH: [join(project.folder, 'bin'), process.env['PATH']].join(delimiter),
  HOME: project.folder,
  TERM: 'dumb',
  LC_ALL: 'C.UTF-8',
});
const ask = async (...words: string[]) => {
  const ran = await project.knox(['__complete', '--', ...words], '', { env: env() });
  expect(ran).toMatchObject({ exit: 0, stderr: '' });
  return ran.stdout.toString().split('\n').slice(0, -1);
};
const texts = async (...words: string[]) => (await ask(...words)).map((line) => line.split('\t')[0]);

describe('what is offered', () => {
  test('commands, verbs of a group, and both where a group is a command', async () => {
    expect(await texts('ro')).toEqual(['route', 'rotate', 'rotations']);
    expect(await ask('route', 're')).toEqual(['remove\tunregister a route; the file stays']);
    expect(await texts('rotations', '')).toEqual(['continue']);
    expect(await texts('audit', '')).toEqual(['verify', 'api_key', 'api_key_v2', 'stripe_key']);
    expect(await texts('help', 'route', 'te')).toEqual(['test']);
    expect(await texts('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await texts('schema', 'route')).toEqual(['route-list', 'route-show', 'route-test']);
    expect(await texts('')).not.toContain('__complete');
  });

  test('options that were not given yet, also those of every command', async () => {
    expect(await texts('get', 'x', '--')).toEqual(expect.arrayContaining(['--env', '--shared', '--vault', '--help']));
    expect(await texts('get', '--shared', '--sh')).toEqual([]);
    expect(await texts('get', '-')).toContain('-e');
    expect(await texts('rotate', '--confirm', 'verify', '--conf')).toEqual(['--confirm']);
    expect(await ask('init', '--prod')).toEqual([
      '--production\twhich of them are production (default: by their names)',
    ]);
  });

  test('names of the vault, where they are meant', async () => {
    expect(await ask('get', 'str')).toEqual(['stripe_key\tfor\\tpayments']);
    expect(await texts('get', 'stripe_key@')).toEqual(['stripe_key@current', 'stripe_key@previous']);
    expect(await ask('get', 'api_key', '-e', 'p')).toEqual(['production\tproduction']);
    expect(await texts('get', '--env=st')).toEqual(['--env=staging']);
    expect(await texts('route', 'add', 'x', '-e', 'staging,')).toEqual(['staging,development', 'staging,production']);
    expect(await ask('route', 'show', '')).toEqual(['@ci\tstaging', 'config/app.yaml\tstaging']);
    expect(await texts('route', 'check', 'config/app.yaml', '@')).toEqual(['@ci']);
    expect(await ask('rotations', 'continue', '')).toEqual(['api_key\tunder way']);
    expect(await texts('run', '--secret', 'KEY=str')).toEqual(['KEY=stripe_key']);
    expect(await texts('--vault', '.knox/vault.db', 'show', 'str')).toEqual(['stripe_key']);
  });

  test('one of a list, a file, a program', async () => {
    expect(await texts('add', 'x', '--kind', 'c')).toEqual(['critical', 'config']);
    expect(await texts('source', 'set', 'api_key', 'p')).toEqual(['postgres']);
    expect(await texts('rotate', 'api_key', '--confirm', 'verify,u')).toEqual([
      'verify,update-production',
      'verify,update-docs',
    ]);
    expect(await texts('rotate', 'api_key', '--skip=')).toEqual(expect.arrayContaining(['--skip=monitor']));
    expect(await texts('rotate', 'api_key', '--skip=d')).toEqual([]);
    expect(await texts('rotate', 'api_key', '--until', 'd')).toEqual(['document', 'delete-old']);
    expect(await texts('rotate', 'api_key', '--on', 'mon,t')).toEqual(['mon,tue', 'mon,thu']);
    expect(await texts('delete', 'x', '--force', 'still')).toEqual(['still_referenced', 'still_used']);
    expect(await texts('notify', 'add', '--on', 'done,f')).toEqual(['done,failed']);
    expect(await texts('check', '--fail-on', '')).toEqual(['info', 'warning', 'error']);
    expect(await texts('check', '--format=')).toEqual(
      ['text', 'json', 'github', 'sarif'].map((one) => `--format=${one}`),
    );
    expect(await texts('audit', '--format', '')).toEqual(['jsonl']);
    expect(await texts('scan', '--format', '')).toEqual(['sarif', 'github']);
    expect(await texts('export', '--format', 'g')).toEqual(['github', 'github-env']);
    expect(await texts('import', '--format', '')).toEqual(['dotenv', 'json', 'yaml']);
    expect(await texts('render', '--format', 'json')).toEqual(['json', 'jsonc']);
    expect(await ask('import', '')).toEqual(['\tfiles']);
    expect(await ask('get', 'x', '--key-file', '')).toEqual(['\tfiles']);
    expect(await ask('run', '-e', 'staging', '--', '')).toEqual(['\tcommands']);
    expect(await ask('run', '-e', 'staging', '--', 'npm', '-')).toEqual(['\tfiles']);
    expect(await ask('env', 'add', '')).toEqual([]);
    expect(await ask('add', 'x', '--note', '')).toEqual([]);
  });

  test('nothing, quietly, where there is no vault or nothing to say', async () => {
    expect(await texts('nonsense', '')).toEqual([]);
    expect(await texts('get', '--nonsense=')).toEqual([]);
    const elsewhere = await project.knox(['__complete', '--', 'get', ''], '', { cwd: '/', env: env() });
    expect([elsewhere.exit, elsewhere.stdout.toString(), elsewhere.stderr]).toEqual([0, '', '']);
    expect(await texts('--vault', 'bin/knox', 'get', '')).toEqual([]);
    expect(await texts()).toEqual(expect.arrayContaining(['init', 'get']));
  });

  test('a name or path that hides something is not offered', async () => {
    const vault = await openProjectVault(project.folder);
    await vault.change(async (change) => {
      const route = (await change.across('route')).find(({ path }) => path === '@ci')!;
      const { kindOf: kind, realm, entry: _entry, ...kept } = route;
      for (const path of ['evil\nget', 'evil\u202e', "it's $(touch PWNED) `x`;y"])
        await change.put(kind, realm, { ...kept, id: change.newId(), path });
      change.log({ action: 'route-add' });
    });
    await vault.close();
    expect(await texts('route', 'show', '')).toEqual(['@ci', 'config/app.yaml', "it's $(touch PWNED) `x`;y"]);
  });
});

test('it loads neither libsodium nor a prompt, and no key is asked for', () => {
  const record = join(project.folder, 'loads.json');
  const preload = join(import.meta.dirname, '../helpers/record-loads.cjs');
  const ran = runBuiltSync(['__complete', '--', 'get', ''], {
    cwd: project.folder,
    env: { ...env(), KNOX_KEY_FILE: undefined, RECORD_LOADS: record },
    node: ['--require', preload],
  });
  expect(ran.stdout).toContain('stripe_key');
  const loads = JSON.parse(readFileSync(record, 'utf8')) as string[];
  expect(loads.some((path) => path.includes('better-sqlite3'))).toBe(true);
  for (const heavy of ['libsodium', 'inquirer', 'chalk', 'cli-table3'])
    expect(loads.filter((path) => path.includes(heavy))).toEqual([]);
});

const run = (shell: string, argv: readonly string[], input = '') => {
  const ran = spawnSync(shell, argv, { timeout: 30_000, cwd: project.folder, env: env(), encoding: 'utf8', input });
  expect(ran).toMatchObject({ stderr: '', status: 0 });
  return ran.stdout.split('\n').filter((line) => line !== '');
};
describe('bash', () => {
  /** By COMP_LINE, as bash sets it. @param words as bash splits the line; the last one is replaced */
  const offered = (line: string, words: readonly string[]) => {
    const quoted = ['knox', ...words].map((word) => `'${word}'`).join(' ');
    const script = `source <(knox completion bash); COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}; _knox; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run('bash', ['--norc', '-c', script]);
  };

  test('words', () => {
    expect(offered('', ['rou'])).toEqual(['route']);
    expect(offered('', ['get', 'api_key', '-e', ''])).toEqual(['development', 'staging', 'production']);
    expect(offered('knox get api_key -e ', ['get', 'api_key', '-e', ''])).toEqual([
      'development',
      'staging',
      'production',
    ]);
    expect(offered('knox get api_key --env=p', ['get', 'api_key', '--env', '=', 'p'])).toEqual(['production']);
    expect(offered('knox get stripe_key@c', ['get', 'stripe_key', '@', 'c'])).toEqual(['current']);
    expect(offered('knox route show @c', ['route', 'show', '@', 'c'])).toEqual(['ci']);
    expect(offered('knox route add x -e staging,p', ['route', 'add', 'x', '-e', 'staging,p'])).toEqual([
      'staging,production',
    ]);
    expect(offered('knox check --format=s', ['check', '--format', '=', 's'])).toEqual(['sarif']);
    expect(offered('knox import conf', ['import', 'conf'])).toEqual(['config']);
    expect(offered('knox run -- tru', ['run', '--', 'tru'])).toContain('true');
  });

  test('what a shell would take for its own is quoted', () => {
    const [found] = offered('knox route show it', ['route', 'show', 'it']);
    expect(run('bash', ['--norc', '-c', `printf '%s\\n' ${found}`])).toEqual(["it's $(touch PWNED) `x`;y"]);
    expect(spawnSync('ls', ['PWNED'], { cwd: project.folder }).status).not.toBe(0);
  });
});

describe('fish', () => {
  const offered = (line: string) =>
    run('fish', ['--no-config', '-c', `knox completion fish | source; complete -C "${line}"`]);

  testNeeding(['fish'], 'words', () => {
    expect(offered('knox rou')).toEqual(['route\tadd, list, show, remove, check, test']);
    expect(offered('knox get api_key -e p')).toEqual(['production\tproduction']);
    expect(offered('knox get str')).toEqual(['stripe_key\tfor\\tpayments']);
    expect(offered('knox get api_key --env=st')).toEqual(['--env=staging']);
    expect(offered('knox check --fail-on w')).toEqual(['warning']);
    expect(offered('knox import conf')).toEqual(['config/']);
    expect(offered('knox ').length).toBeGreaterThan(20);
  });
});

describe('zsh', () => {
  /** In a terminal of its own: what stands on the line after TAB. */
  const typed = (line: string) => {
    const script = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "PS1=; unsetopt beep; autoload -Uz compinit; compinit -u -d $PWD/zcompdump; source <(knox completion zsh)"
      zpty -w shell "finish() { print -r -- '<'\\$BUFFER'>' > $PWD/zsh-line; exit }; zle -N finish; bindkey '^Xf' finish; bindkey '^I' complete-word"
      zpty -w shell "print ready > $PWD/zsh-ready"
      while [[ ! -s zsh-ready ]]; do sleep 0.02; zpty -r -t shell >/dev/null; done
      zpty -w -n shell ${JSON.stringify(line).replaceAll('$', '\\$')}$'\\t\\x18f'
      while [[ ! -s zsh-line ]]; do sleep 0.02; zpty -r -t shell >/dev/null; done
      zpty -d shell
      cat zsh-line; rm -f zsh-line zsh-ready`;
    return run('zsh', ['-f', '-c', script]).join('\n').replace(/^<|>$/g, '').trimEnd();
  };

  testNeeding(['zsh'], 'words', () => {
    expect(typed('knox rout')).toBe('knox route');
    expect(typed('knox get stripe_key -e prod')).toBe('knox get stripe_key -e production');
    expect(typed('knox get stripe_key --env=st')).toBe('knox get stripe_key --env=staging');
    expect(typed('knox rotate --skip mon')).toBe('knox rotate --skip monitor');
    expect(typed('knox route show @')).toBe('knox route show @ci');
    expect(typed('knox import conf')).toBe('knox import config/');
    expect(typed('knox route show it')).toBe("knox route show it\\'s\\ \\$\\(touch\\ PWNED\\)\\ \\`x\\`\\;y");
  });
});
