/** `1 audit entry`, `2 audit entries`. @param many where it is not `one` with an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function auditEntries(count: number): string {
  return counted(count, 'audit entry', 'audit entries');
}
