/**
 * The Secret Service of a Linux desktop (GNOME, KDE, KeePassXC): Secret Service API 0.2 over D-Bus. The key goes into the session's
 * collection where there is one, which is never written to a disk and is gone at logout, else into the default one. It passes the bus
 * encrypted, as the service asks for it. A collection that is locked is unlocked only where somebody can answer its question.
 */
import type { Plaintext } from '../domain/plaintext.ts';
import { errors } from '../errors.ts';
import type { KnoxError } from '../errors.ts';
import { Bus, busPaths, NO_ANSWER } from './d-bus.ts';
import type { Keyring, OpenKeyring, Patience } from './keyring.ts';
import type { SecretSession } from './secret-session.ts';

const SERVICE = 'org.freedesktop.secrets';
const ROOT = '/org/freedesktop/secrets';
const NO_PROMPT = '/';

export const openSecretService: OpenKeyring = async (surroundings) => {
  const { uid, patience } = surroundings;
  if (surroundings.platform !== 'linux' || uid === null) return null;
  for (const path of busPaths(surroundings)) {
    const bus = await Bus.connect(path, uid, patience.answer);
    if (bus === null) continue;
    if (bus === NO_ANSWER) throw failed('no answer');
    // Any call starts the service where it is not running; it fails where there is none.
    const service = { destination: SERVICE, path: ROOT, interface: 'org.freedesktop.Secret.Service' };
    const reply = await bus.call({ ...service, member: 'ReadAlias', signature: 's', body: ['default'] });
    if (reply.kind === 'return') return new SecretService(bus, patience);
    bus.close();
    if (reply.name === NO_ANSWER) throw failed('no answer');
  }
  return null;
};

class SecretService implements Keyring {
  readonly name = 'secret-service';
  readonly title = 'the Secret Service';
  readonly #bus: Bus;
  #opening: Promise<SecretSession> | undefined;
  readonly #patience: Patience;

  constructor(bus: Bus, patience: Patience) {
    this.#bus = bus;
    this.#patience = patience;
  }

  async read(account: string): Promise<Plaintext | null> {
    const { unlocked, locked } = await this.#search(account);
    if (unlocked.length === 0 && locked.length > 0 && this.#patience.person !== null) {
      await this.#unlock(locked);
      unlocked.push(...locked);
    }
    const [item] = unlocked;
    if (item === undefined) return null;
    const session = await this.#session();
    const [secret] = await this.#call(item, 'Item.GetSecret', 'o', [session.path], '(oayays)');
    return session.decrypt(secret as [string, Buffer, Buffer, string]) ?? refuse('its answer cannot be read');
  }

  async write(account: string, text: Plaintext): Promise<void> {
    const collection = (await this.#collection('session')) ?? (await this.#collection('default'));
    if (collection === null) throw failed('it has no collection to store a key in');
    await this.#unlock([collection]);
    try {
      await this.remove(account);
    } catch {
      // One of before that lies in a locked collection stays there until it expires: it is not looked at beside this one.
    }
    const properties = [
      ['org.freedesktop.Secret.Item.Label', { signature: 's', value: 'knox: an unlocked vault' }],
      ['org.freedesktop.Secret.Item.Attributes', { signature: 'a{ss}', value: attributes(account) }],
    ];
    const item = [properties, (await this.#session()).encrypt(text), true];
    const [, prompt] = await this.#call(collection, 'Collection.CreateItem', 'a{sv}(oayays)b', item, 'oo');
    await this.#prompted(prompt as string);
  }

  async remove(account: string): Promise<boolean> {
    const { unlocked, locked } = await this.#search(account);
    if (locked.length > 0) await this.#unlock(locked);
    const items = [...unlocked, ...locked];
    for (const item of items) {
      const [prompt] = await this.#call(item, 'Item.Delete', '', [], 'o');
      await this.#prompted(prompt as string);
    }
    return items.length > 0;
  }

  close(): void {
    this.#bus.close();
  }

  /** Made when a secret is to pass: to learn that there is none needs no cryptography. */
  #session(): Promise<SecretSession> {
    this.#opening ??= import('./secret-session.ts').then(async ({ SecretSession: Session }) => {
      const session = await Session.open(this.#bus, SERVICE, ROOT);
      return session ?? refuse('it does not support encrypted sessions');
    });
    return this.#opening;
  }

  async #search(account: string): Promise<{ unlocked: string[]; locked: string[] }> {
    const [unlocked, locked] = await this.#call(ROOT, 'Service.SearchItems', 'a{ss}', [attributes(account)], 'aoao');
    return { unlocked: unlocked as string[], locked: locked as string[] };
  }

  /** The collection with this alias, or null. */
  async #collection(alias: string): Promise<string | null> {
    const [path] = await this.#call(ROOT, 'Service.ReadAlias', 's', [alias], 'o');
    return path === '/' ? null : (path as string);
  }

  async #unlock(paths: readonly string[]): Promise<void> {
    const [, prompt] = await this.#call(ROOT, 'Service.Unlock', 'ao', [paths], 'aoo');
    await this.#prompted(prompt as string);
  }

  /** Lets the service ask the person, on the desktop. */
  async #prompted(prompt: string): Promise<void> {
    if (prompt === NO_PROMPT) return;
    if (this.#patience.person === null) {
      await this.#call(prompt, 'Prompt.Dismiss', '', [], '');
      throw failed('it is locked');
    }
    await this.#bus.subscribe("type='signal',interface='org.freedesktop.Secret.Prompt',member='Completed'");
    const completed = this.#bus.signal(prompt, 'Completed', this.#patience.person);
    await this.#call(prompt, 'Prompt.Prompt', 's', [''], '');
    const answer = await completed;
    if (answer === null) throw failed('it is locked, and its prompt was not answered');
    if (answer[0] === true) throw failed('it is locked, and its prompt was dismissed');
  }

  /** @param method such as `Item.Delete` @param answer the types that must come back */
  async #call(
    path: string,
    method: string,
    signature: string,
    body: readonly unknown[],
    answer: string,
  ): Promise<readonly unknown[]> {
    const [of, member] = method.split('.') as [string, string];
    const reply = await this.#bus.call({
      destination: SERVICE,
      path,
      interface: `org.freedesktop.Secret.${of}`,
      member,
      ...(signature === '' ? {} : { signature, body }),
    });
    if (reply.kind === 'error') throw failed(`${method}: ${reply.name}`);
    if (reply.signature !== answer) throw failed(`${method}: unexpected answer`);
    return reply.body;
  }
}

/** What an item is found by. They are not a secret: the service keeps them in the clear. */
function attributes(account: string): [string, string][] {
  return [
    ['application', 'knox'],
    ['vault', account],
  ];
}

function refuse(why: string): never {
  throw failed(why);
}

function failed(why: string): KnoxError {
  return errors.io(`the Secret Service: ${why}`);
}
