/** What goes to `onError`: never from inside a call of the library, and what it throws itself becomes a warning. */

/** As `process.emitWarning` takes it. */
function warn(prefix: string, error: unknown): void {
	process.emitWarning(`${prefix}: ${textOf(error)}`, 'CotcpWarning');
}

/** What is thrown may be anything, also what has no text, or throws when it is asked for it. */
function textOf(error: unknown): string {
	try {
		return String(error instanceof Error ? (error.stack ?? error.message) : error);
	} catch {
		return `a value of type ${typeof error} that cannot be shown`;
	}
}

export function reportError<Connection>(
	onError: ((error: unknown, connection: Connection | undefined) => void) | undefined,
	error: unknown,
	connection: Connection | undefined,
	what: string,
): void {
	queueMicrotask(() => {
		if (onError === undefined) {
			warn(what, error);
			return;
		}

		try {
			const result = (onError as (...values: unknown[]) => unknown)(error, connection);
			// One that is async after all.
			if (result instanceof Promise)
				result.catch((thrown: unknown) => {
					warn('onError rejected', thrown);
				});
		} catch (thrown) {
			warn('onError threw', thrown);
		}
	});
}
