/**
 * A connection to the user's D-Bus: calls with their answers, and waiting for one signal. Every wait has an end, since nobody may be there
 * to answer what a service asks on a screen. Nothing here throws for what the other side does: it is an answer like any other.
 */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { existsSync } from 'node:fs';
import { CALL, decodeMessage, encodeMessage, FAILURE, RETURN, SIGNAL } from './d-bus-wire.ts';
import type { Message } from './d-bus-wire.ts';
import type { KeyringSurroundings } from './keyring.ts';

export type Reply =
  | { readonly kind: 'return'; readonly signature: string; readonly body: readonly unknown[] }
  /** The name of the error, such as `org.freedesktop.DBus.Error.ServiceUnknown`, or one of the two below. */
  | { readonly kind: 'error'; readonly name: string };

export const NO_ANSWER = 'no answer';
const CLOSED = 'closed';

export interface Call {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

type Listener = (message: Message | null) => boolean;

export class Bus {
  readonly #socket: Socket;
  readonly #patience: number;
  #received: Buffer = Buffer.alloc(0);
  #serial = 0;
  #isOpen = true;
  #listeners: Listener[] = [];

  private constructor(socket: Socket, patience: number) {
    this.#socket = socket;
    this.#patience = patience;
    socket.on('data', (part: Buffer) => this.#receive(part));
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /**
   * @param patience milliseconds for each answer
   * @returns null where there is no bus at that address; `no answer` where something is there and says nothing
   */
  static async connect(path: string, uid: number, patience: number): Promise<Bus | typeof NO_ANSWER | null> {
    const socket = createConnection(path);
    // EXTERNAL: the kernel tells the bus whose socket it is.
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\n`);
    const answer = await firstLine(socket, patience);
    if (!answer.startsWith('OK ')) {
      socket.destroy();
      return answer === NO_ANSWER ? NO_ANSWER : null;
    }
    socket.write('BEGIN\r\n');
    const bus = new Bus(socket, patience);
    const hello = await bus.call({ destination: BUS, path: BUS_PATH, interface: BUS, member: 'Hello' });
    if (hello.kind === 'return') return bus;
    bus.close();
    return hello.name === NO_ANSWER ? NO_ANSWER : null;
  }

  async call(call: Call): Promise<Reply> {
    const serial = ++this.#serial;
    const waiting = this.#wait(
      ({ type, replySerial }) => (type === RETURN || type === FAILURE) && replySerial === serial,
      this.#patience,
    );
    if (this.#isOpen) this.#socket.write(encodeMessage({ type: CALL, serial, body: [], ...call }));
    const answer = await waiting;
    if (typeof answer === 'string') return { kind: 'error', name: answer };
    return answer.type === RETURN
      ? { kind: 'return', signature: answer.signature ?? '', body: answer.body }
      : { kind: 'error', name: answer.errorName ?? 'unknown' };
  }

  /** Waits for a signal of one object. Begin before what brings it about. @returns what it carries, or null where it does not come */
  async signal(path: string, member: string, patience: number): Promise<readonly unknown[] | null> {
    const answer = await this.#wait(
      (message) => message.type === SIGNAL && message.path === path && message.member === member,
      patience,
    );
    return typeof answer === 'string' ? null : answer.body;
  }

  /** Has signals sent here that are sent to nobody in particular. */
  async subscribe(rule: string): Promise<Reply> {
    const signature = 's';
    return this.call({ destination: BUS, path: BUS_PATH, interface: BUS, member: 'AddMatch', signature, body: [rule] });
  }

  close(): void {
    this.#end();
    this.#socket.destroy();
  }

  #wait(isIt: (message: Message) => boolean, patience: number): Promise<Message | string> {
    return new Promise((resolve) => {
      if (!this.#isOpen) {
        resolve(CLOSED);
        return;
      }
      const listener: Listener = (message) => {
        if (message !== null && !isIt(message)) return false;
        clearTimeout(timer);
        resolve(message ?? CLOSED);
        return true;
      };
      const timer = setTimeout(() => {
        this.#listeners = this.#listeners.filter((other) => other !== listener);
        resolve(NO_ANSWER);
      }, patience);
      this.#listeners.push(listener);
    });
  }

  #receive(part: Buffer): void {
    this.#received = Buffer.concat([this.#received, part]);
    try {
      for (let next = decodeMessage(this.#received); next !== null; next = decodeMessage(this.#received)) {
        const { message, length } = next;
        this.#received = this.#received.subarray(length);
        this.#listeners = this.#listeners.filter((listener) => !listener(message));
      }
    } catch {
      // Whatever it is, it does not speak D-Bus.
      this.close();
    }
  }

  #end(): void {
    this.#isOpen = false;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(null);
  }
}

const BUS = 'org.freedesktop.DBus';
const BUS_PATH = '/org/freedesktop/DBus';

/** @returns the line, or why there is none */
function firstLine(socket: Socket, patience: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (part: Buffer): void => {
      text += part.toString('latin1');
      if (text.includes('\r\n')) settle(text);
      else if (text.length > 512) settle(CLOSED);
    };
    const onEnd = (): void => settle(CLOSED);
    const timer = setTimeout(() => settle(NO_ANSWER), patience);
    const settle = (line: string): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onEnd);
      resolve(line);
    };
    socket.on('data', onData).on('close', onEnd);
    // What went wrong does not matter: there is no bus. The event needs somebody to hear it.
    socket.on('error', () => undefined);
  });
}

/** Paths of sockets where the user's bus may be: `DBUS_SESSION_BUS_ADDRESS`, else where systemd puts it. Empty for none. */
export function busPaths({ variable }: KeyringSurroundings): string[] {
  const address = variable('DBUS_SESSION_BUS_ADDRESS');
  if (address !== null) return address.split(';').flatMap(socketOf);
  const runtime = variable('XDG_RUNTIME_DIR');
  return runtime !== null && existsSync(`${runtime}/bus`) ? [`${runtime}/bus`] : [];
}

/** `unix:path=/run/user/1000/bus,guid=…`; other transports are left out. */
function socketOf(address: string): string[] {
  const [transport, pairs = ''] = address.split(':', 2);
  if (transport !== 'unix') return [];
  for (const pair of pairs.split(',')) {
    const [key, value = ''] = pair.split('=', 2);
    const plain = value.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (key === 'path') return [plain];
    if (key === 'abstract') return [`\0${plain}`];
  }
  return [];
}
