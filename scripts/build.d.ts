/** Types of build.js for the tests. */
export function build(options?: { entry?: string; out?: string }): Promise<{ files: string[]; changed: boolean }>;
export function takeOutWasm(code: string): { code: string; wasm: Buffer };
export function giveSystemRandom(code: string): string;
export function locateBinary(code: string): string;
