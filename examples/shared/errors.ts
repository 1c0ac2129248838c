export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** `''` for an error without one. */
export function errorCode(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : '';
}
