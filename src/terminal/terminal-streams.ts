/**
 * The terminal that questions are asked on, which is not always stdin and stderr: `knox get … | pbcopy` and
 * `knox add … < file` may still ask. Where a stream is redirected, the process's own terminal, /dev/tty, stands in.
 */
import { closeSync, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';

export interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Closes what was opened here; the streams that were passed in stay open. */
  close(): void;
}

const TERMINAL_DEVICE = '/dev/tty';

/**
 * `null` where nobody is there to ask: neither stdin nor stderr is a terminal, or the one that is missing can't be
 * replaced because the process has no controlling terminal.
 */
export function openTerminal(
  streams: { stdin: NodeJS.ReadableStream; stderr: NodeJS.WritableStream },
  device: string = TERMINAL_DEVICE,
): Terminal | null {
  const { stdin, stderr } = streams;
  const isInputTerminal = isTerminal(stdin);
  const isOutputTerminal = isTerminal(stderr);
  if (!isInputTerminal && !isOutputTerminal) {
    return null;
  }
  const opened: (ReadStream | WriteStream)[] = [];
  const close = (): void => {
    for (const stream of opened.splice(0)) {
      stream.destroy();
    }
  };
  try {
    const input = isInputTerminal
      ? (stdin as ReadStream)
      : opening(device, 'r', (descriptor) => new ReadStream(descriptor));
    if (!isInputTerminal) {
      opened.push(input);
    }
    const output = isOutputTerminal
      ? (stderr as WriteStream)
      : opening(device, 'w', (descriptor) => new WriteStream(descriptor));
    if (!isOutputTerminal) {
      opened.push(output);
    }
    return { input, output, close };
  } catch {
    // No controlling terminal: the answer is that there is none to ask on.
    close();
    return null;
  }
}

function isTerminal(stream: object): boolean {
  return (stream as { isTTY?: boolean }).isTTY === true;
}

function opening<Stream>(device: string, flags: string, wrap: (descriptor: number) => Stream): Stream {
  const descriptor = openSync(device, flags);
  try {
    return wrap(descriptor);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
